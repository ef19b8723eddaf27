{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with answers as (
    select * from {{ ref('int_survey_answers') }}
),

served as (
    select * from {{ ref('int_service_log') }}
),

raised as (
    select * from {{ ref('int_feedback') }}
)

-- A late answer belongs to the wave in which it came.
select
    'csat' as metric_id, response_key as event_id, cast(null as {{ dbt.type_string() }}) as order_key, answered_on as credit_day, answered_on as event_date, employee_no, department_id,
    case when score >= 4 then 1 else 0 end as numerator, 1 as denominator
from answers
where score is not null
union all
select
    'csat_response_rate', response_key, null, sent_on, sent_on, employee_no, department_id,
    case when answered_on < wave_ends_before then 1 else 0 end, 1
from answers
union all
select 'cases_per_100_orders', case_key, null, created_date, created_date, employee_no, department_id, 100, 0
from {{ ref('int_cases') }}
union all
select 'cases_per_100_orders', order_key, order_key, order_date, order_date, employee_no, department_id, 0, 1
from {{ ref('fct_orders') }} where is_counted
union all
select
    'callback_rate', served.entry_key, null, served.due_on, served.due_on, served.employee_no, served.department_id,
    case when served.resolved_on <= served.due_on then 1 else 0 end, 1
from served
cross join {{ ref('clocks') }} as clocks
where served.kind = 'callback' and served.due_on <= clocks.as_of
union all
select 'first_response_minutes', entry_key, null, opened_on, opened_on, employee_no, department_id, response_minutes, 1
from served where kind <> 'callback' and response_minutes is not null
union all
select 'resolution_minutes', entry_key, null, opened_on, opened_on, employee_no, department_id, resolution_minutes, 1
from served where kind <> 'callback' and resolution_minutes is not null
union all
select 'complaints_per_100_orders', entry_key, null, opened_on, opened_on, employee_no, department_id, 100, 0
from served where kind = 'complaint'
union all
select 'complaints_per_100_orders', order_key, order_key, order_date, order_date, employee_no, department_id, 0, 1
from {{ ref('fct_orders') }} where is_counted
{% for metric_id, condition in [
    ('feedback_accepted_rate', 'accepted_on is not null'), ('feedback_fixed_rate', 'fixed_on is not null'),
    ('feedback_told_rate', 'told_on is not null'), ('feedback_recurrence_rate', 'is_recurring'),
] %}
union all
select '{{ metric_id }}', feedback_key, null, raised_on, raised_on, employee_no, department_id, case when {{ condition }} then 1 else 0 end, 1 from raised
{% endfor %}
union all
select 'feedback_days_to_told', feedback_key, null, told_on, told_on, employee_no, department_id, {{ days_between('raised_on', 'told_on') }}, 1
from raised where told_on is not null
union all
select 'feedback_open', feedback_key, null, month, month, employee_no, department_id, 1, 0
from raised
inner join {{ ref('int_period_months') }} as months on months.period_type = 'month' and months.month >= {{ period_start('month', 'raised_on') }}
cross join {{ ref('clocks') }} as clocks
where months.month <= clocks.as_of and (told_on is null or told_on >= months.period_end)
