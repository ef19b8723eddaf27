{%- set window = ['payee_no', 'plan_id', 'plan_version', 'plan_hash', 'component_id', 'window_period'] -%}
with months as (
    select
        {{ window | join(', ') }},
        month,
        max_by(cumulative_base, item_no) as base_to_date,
        sum(base_amount) as base_in_month,
        -- what is returned by attribution moves no counter
        max_by(earned_to_date, case when rule <> 'return' then item_no end) as earned_to_date,
        sum(case when rule = 'return' then amount else 0 end) as returned,
        sum(amount) as amount
    from {{ ref('commission_earning_events') }}
    group by {{ window | join(', ') }}, month
)

select
    months.payee_no,
    months.plan_id,
    months.plan_version,
    months.plan_hash,
    months.component_id,
    components.component_name,
    months.window_period,
    months.month,
    cast(months.base_to_date as decimal(38, 10)) as base_to_date,
    cast(months.base_in_month as decimal(38, 10)) as base_in_month,
    cast(months.earned_to_date as decimal(38, 16)) as earned_to_date,
    cast(months.returned as decimal(18, 2)) as returned,
    cast(months.amount as decimal(18, 2)) as amount
from months
left join {{ ref('int_plan_components') }} as components
    on months.plan_id = components.plan_id
    and months.plan_version = components.plan_version
    and months.component_id = components.component_id
