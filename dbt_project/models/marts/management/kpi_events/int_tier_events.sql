{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

-- What customers of a tier were promised (`tier_policy`) and got; the tier is the one in force on the day, a month is judged by the tier it began with.
with policy as (
    select * from {{ ref('int_tier_policy') }}
),

months as (
    select * from {{ ref('customer_months') }}
),

visited as (
    select
        months.customer_key,
        months.month,
        months.employee_no,
        months.department_id,
        months.tier_before as tier,
        case when {{ days_between('months.last_visit_on', 'months.assessed_on') }} <= policy.visit_within_days then 1 else 0 end as is_kept
    from months
    inner join policy on months.tier_before = policy.tier and policy.visit_within_days is not null and {{ holds_on('policy', 'months.assessed_on') }}
),

called as (
    select
        months.customer_key,
        months.month,
        months.employee_no,
        months.department_id,
        months.tier_before as tier,
        max(case when served.entry_key is null then 0 else 1 end) as is_kept
    from months
    inner join policy on months.tier_before = policy.tier and policy.callback_within_days is not null and {{ holds_on('policy', 'months.assessed_on') }}
    left join {{ ref('int_service_log') }} as served
        on served.kind = 'callback'
        and months.customer_key = served.customer_key
        and served.resolved_on <= months.assessed_on
        and {{ days_between('served.resolved_on', 'months.assessed_on') }} <= policy.callback_within_days
    group by months.customer_key, months.month, months.employee_no, months.department_id, months.tier_before
),

discounted as (
    select
        lines.order_line_key as event_id,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        tiers.tier,
        case when listed.list_amount_base - lines.net_amount_base <= policy.max_discount * listed.list_amount_base then 1 else 0 end as is_kept
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key and orders.is_counted
    inner join {{ ref('int_list_amounts') }} as listed on lines.order_line_key = listed.order_line_key and listed.list_amount_base <> 0
    inner join {{ ref('customer_tiers') }} as tiers
        on orders.customer_key = tiers.customer_key and tiers.effective_from <= orders.order_date and orders.order_date < tiers.effective_to
    inner join policy on tiers.tier = policy.tier and policy.max_discount is not null and {{ holds_on('policy', 'orders.order_date') }}
),

credited as (
    select
        entries.entry_key as event_id,
        entries.entry_date as event_date,
        entries.employee_no,
        entries.department_id,
        tiers.tier,
        case when {{ days_between('entries.entry_date', 'entries.due_date') }} <= policy.max_credit_days then 1 else 0 end as is_kept
    from {{ ref('fct_receivable_entries') }} as entries
    inner join {{ ref('customer_tiers') }} as tiers
        on entries.customer_key = tiers.customer_key and tiers.effective_from <= entries.entry_date and entries.entry_date < tiers.effective_to
    inner join policy on tiers.tier = policy.tier and policy.max_credit_days is not null and {{ holds_on('policy', 'entries.entry_date') }}
    where entries.entry_type = 'invoice'
),

answered as (
    select
        served.entry_key as event_id,
        served.opened_on as event_date,
        served.employee_no,
        served.department_id,
        tiers.tier,
        case when served.response_minutes <= policy.response_hours * 60 then 1 else 0 end as is_kept
    from {{ ref('int_service_log') }} as served
    inner join {{ ref('customer_tiers') }} as tiers
        on served.customer_key = tiers.customer_key and tiers.effective_from <= served.opened_on and served.opened_on < tiers.effective_to
    inner join policy on tiers.tier = policy.tier and policy.response_hours is not null and {{ holds_on('policy', 'served.opened_on') }}
    where served.kind in ('case', 'complaint')
)

{% for axis, tier, member in [('organisation', 'tier', "'all'"), ('tier', 'tier', 'tier')] %}
select
    'assessed_customers' as metric_id, '{{ axis }}' as axis, customer_key as event_id, month as event_date, employee_no, department_id,
    {{ member }} as member, 1 as numerator, 0 as denominator
from months
union all
select 'tier_visit_compliance', '{{ axis }}', customer_key, month, employee_no, department_id, {{ member }}, is_kept, 1 from visited
union all
select 'tier_callback_compliance', '{{ axis }}', customer_key, month, employee_no, department_id, {{ member }}, is_kept, 1 from called
union all
select 'tier_discount_compliance', '{{ axis }}', event_id, event_date, employee_no, department_id, {{ member }}, is_kept, 1 from discounted
union all
select 'tier_credit_compliance', '{{ axis }}', event_id, event_date, employee_no, department_id, {{ member }}, is_kept, 1 from credited
union all
select 'tier_response_compliance', '{{ axis }}', event_id, event_date, employee_no, department_id, {{ member }}, is_kept, 1 from answered
union all
{% endfor %}
select
    'wallet_share' as metric_id, 'organisation' as axis, customer_key as event_id, month as event_date, employee_no, department_id,
    'all' as member, signed_base as numerator, wallet_base as denominator
from months
where wallet_base is not null
