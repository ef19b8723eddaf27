-- Cents attributed to events add up to the earning, and earnings to the rounded total of their window and what refunds took back of it.
-- A row here: a cent nobody can explain (C9.1).
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_earnings'}}}) }}
{%- set window = 'payee_no, plan_id, plan_hash, component_id, window_period' %}
with events as (
    select {{ window }}, month, sum(amount) as amount
    from {{ ref('commission_earning_events') }}
    group by {{ window }}, month
),

windows as (
    select
        {{ window }}, month, amount, earned_to_date,
        sum(amount) over (partition by {{ window }} order by month rows between unbounded preceding and current row) as amount_to_date,
        sum(returned) over (partition by {{ window }} order by month rows between unbounded preceding and current row) as returned_to_date
    from {{ ref('commission_earnings') }}
)

select windows.*
from windows
left join events
    on windows.payee_no = events.payee_no
    and windows.plan_id = events.plan_id
    and windows.plan_hash = events.plan_hash
    and windows.component_id = events.component_id
    and windows.window_period = events.window_period
    and windows.month = events.month
where events.amount is null
    or windows.amount <> events.amount
    or windows.amount_to_date <> {{ cents('windows.earned_to_date') }} + windows.returned_to_date
