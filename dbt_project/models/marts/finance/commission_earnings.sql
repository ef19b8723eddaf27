{%- set window = 'payee_no, plan_id, plan_version, plan_hash, component_id, window_period' -%}
with ranked as (
    select
        events.*,
        row_number() over (partition by {{ window }}, month order by item_no desc) as place_from_end,
        row_number() over (
            partition by {{ window }}, month order by case when events.rule = 'return' then 1 else 0 end, item_no desc
        ) as moving_place_from_end
    from {{ ref('commission_earning_events') }} as events
)

select
    ranked.payee_no,
    ranked.plan_id,
    ranked.plan_version,
    ranked.plan_hash,
    ranked.component_id,
    min(components.component_name) as component_name,
    ranked.window_period,
    ranked.month,
    cast(max(case when ranked.place_from_end = 1 then ranked.cumulative_base end) as decimal(38, 10)) as base_to_date,
    cast(sum(ranked.base_amount) as decimal(38, 10)) as base_in_month,
    cast(max(case when ranked.moving_place_from_end = 1 then ranked.earned_to_date end) as decimal(38, 16)) as earned_to_date,
    cast(sum(case when ranked.rule = 'return' then ranked.amount else 0 end) as decimal(18, 2)) as returned,
    cast(sum(ranked.amount) as decimal(18, 2)) as amount
from ranked
left join {{ ref('int_plan_components') }} as components
    on ranked.plan_id = components.plan_id
    and ranked.plan_version = components.plan_version
    and ranked.component_id = components.component_id
group by
    ranked.payee_no, ranked.plan_id, ranked.plan_version, ranked.plan_hash, ranked.component_id, ranked.window_period, ranked.month
