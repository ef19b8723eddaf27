{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

-- What is compared with a year before, customer by customer: only those that bought in both. A customer belongs to its newest order of the period.
with spans as (
    select distinct period_type, period_start, period_end, month_no from {{ ref('int_period_months') }}
),

moves as (
    select customer_key, order_date as moved_on, order_key, employee_no, department_id, net_amount_base as amount
    from {{ ref('fct_orders') }} where is_counted and customer_key is not null
    union all
    select customer_key, return_date, null, null, null, -net_amount_base from {{ ref('fct_returns') }} where customer_key is not null
    union all
    select customer_key, moved_on, null, null, null, net_amount_base from {{ ref('int_signed_changes') }} where customer_key is not null
),

by_period as (
    select
        spans.period_type,
        spans.period_start,
        spans.month_no,
        moves.customer_key,
        sum(moves.amount) as amount,
        max(case when moves.order_key is not null then moves.moved_on end) as last_order_on
    from spans
    inner join moves on spans.period_start <= moves.moved_on and moves.moved_on < spans.period_end
    group by spans.period_type, spans.period_start, spans.month_no, moves.customer_key
),

owners as (
    select
        customer_key, order_date, employee_no, department_id,
        row_number() over (partition by customer_key, order_date order by order_key) as place
    from {{ ref('fct_orders') }}
    where is_counted and customer_key is not null
)

select
    'same_customer_growth' as metric_id, now.period_type, now.customer_key as event_id, now.period_start as event_date,
    owners.employee_no, owners.department_id, now.amount - before.amount as numerator, before.amount as denominator
from by_period as now
inner join by_period as before
    on now.period_type = before.period_type and now.customer_key = before.customer_key and now.month_no - 12 = before.month_no
inner join owners on now.customer_key = owners.customer_key and now.last_order_on = owners.order_date and owners.place = 1
where now.amount > 0 and before.amount > 0
