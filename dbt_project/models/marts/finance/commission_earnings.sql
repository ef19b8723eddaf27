with ranked as (
    select
        events.*,
        row_number() over (
            partition by payee_no, plan_id, plan_hash, component_id, window_period, month order by event_date desc, event_id desc
        ) as place_from_end
    from {{ ref('commission_earning_events') }} as events
),

names as (
    select plan_id, plan_hash, component_id, min(component_name) as component_name
    from {{ ref('dim_plan_tiers') }}
    group by plan_id, plan_hash, component_id
)

select
    ranked.payee_no,
    ranked.plan_id,
    ranked.plan_hash,
    ranked.component_id,
    min(names.component_name) as component_name,
    ranked.window_period,
    ranked.month,
    cast(max(case when ranked.place_from_end = 1 then ranked.cumulative_base end) as decimal(38, 10)) as base_to_date,
    cast(sum(ranked.base_amount) as decimal(38, 10)) as base_in_month,
    cast(max(case when ranked.place_from_end = 1 then ranked.earned_to_date end) as decimal(38, 16)) as earned_to_date,
    cast(sum(ranked.amount) as decimal(18, 2)) as amount
from ranked
left join names
    on ranked.plan_id = names.plan_id and ranked.plan_hash = names.plan_hash and ranked.component_id = names.component_id
group by ranked.payee_no, ranked.plan_id, ranked.plan_hash, ranked.component_id, ranked.window_period, ranked.month
