{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with visits as (
    select * from {{ ref('fct_visits') }}
),

limits as (
    select
        max(case when threshold_id = 'visit_attribution_days' then value end) as attribution_days,
        max(case when threshold_id = 'visit_max_minutes' then value end) as max_minutes
    from {{ ref('dim_thresholds') }}
),

-- An order belongs to the newest valid visit to its customer within the window: to one visit, so to one person, or to those who share it.
attributed as (
    select
        orders.order_key,
        orders.order_date,
        orders.net_amount_base,
        visits.visit_date,
        visits.employee_no,
        visits.department_id,
        row_number() over (partition by orders.order_key order by visits.visit_date desc, visits.visit_key) as place
    from {{ ref('fct_orders') }} as orders
    cross join limits
    inner join visits
        on orders.customer_key = visits.customer_key
        and visits.is_valid
        and visits.visit_date <= orders.order_date
        and {{ days_between('visits.visit_date', 'orders.order_date') }} <= limits.attribution_days
    where orders.is_counted
),

bought as (
    select * from attributed where place = 1
),

field_days as (
    select * from {{ ref('int_attendance') }}
),

spent as (
    select * from {{ ref('int_expenses') }} where is_visit_cost or is_pay
)

{% for metric_id, numerator, denominator, condition in [
    ('visits', '1', '0', 'true'),
    ('valid_visits', '1', '0', 'is_valid'),
    ('visited_customers', '1', '0', 'is_valid'),
    ('visit_minutes', 'least(duration_minutes, limits.max_minutes)', '1', 'duration_minutes is not null'),
    ('visit_minutes_p90', 'least(duration_minutes, limits.max_minutes)', '1', 'duration_minutes is not null'),
    ('missing_checkout_rate', 'case when duration_minutes is null then 1 else 0 end', '1', 'true'),
    ('visits_per_field_day', '1', '0', 'is_valid'),
    ('revenue_per_visit', '0', '1', 'is_valid'),
    ('orders_per_100_visits', '0', '1', 'is_valid'),
    ('cost_per_visit', '0', '1', 'is_valid'),
    ('full_cost_per_visit', '0', '1', 'is_valid'),
] %}
select
    '{{ metric_id }}' as metric_id, visit_key as event_id, cast(null as {{ dbt.type_string() }}) as order_key, visit_date as credit_day,
    customer_key as entity_id, visit_date as event_date, employee_no, department_id, {{ numerator }} as numerator, {{ denominator }} as denominator
from visits
cross join limits
where {{ condition }}
union all
{% endfor %}
select
    'revenue_per_visit' as metric_id, order_key as event_id, order_key, order_date as credit_day, cast(null as {{ dbt.type_string() }}) as entity_id, visit_date as event_date,
    employee_no, department_id, net_amount_base as numerator, 0 as denominator
from bought
union all
select
    'orders_per_100_visits' as metric_id, order_key as event_id, order_key, order_date as credit_day, cast(null as {{ dbt.type_string() }}) as entity_id,
    visit_date as event_date, employee_no, department_id, 100 as numerator, 0 as denominator
from bought
union all
select
    'revenue_per_field_day' as metric_id, order_key as event_id, order_key, order_date as credit_day, cast(null as {{ dbt.type_string() }}) as entity_id,
    visit_date as event_date, employee_no, department_id, net_amount_base as numerator, 0 as denominator
from bought
union all
select
    metric_id, attendance_key as event_id, cast(null as {{ dbt.type_string() }}) as order_key, attended_on as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, attended_on as event_date,
    employee_no, department_id, 0 as numerator, attended_days as denominator
from field_days
cross join (select 'visits_per_field_day' as metric_id union all select 'revenue_per_field_day') as metrics
union all
select
    'cost_per_visit' as metric_id, expense_key as event_id, cast(null as {{ dbt.type_string() }}) as order_key, expense_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, expense_date as event_date,
    employee_no, department_id, amount_base as numerator, 0 as denominator
from spent
where is_visit_cost
union all
select
    'full_cost_per_visit' as metric_id, expense_key as event_id, cast(null as {{ dbt.type_string() }}) as order_key, expense_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id,
    expense_date as event_date, employee_no, department_id, amount_base as numerator, 0 as denominator
from spent
