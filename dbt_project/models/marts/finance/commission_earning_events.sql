-- Events of a window in order of date and id; each earns the rounded total after it less the rounded total before it (C4.3).
with cumulated as (
    select
        credits.*,
        cast(sum(base_amount) over (
            partition by payee_no, plan_id, plan_hash, component_id, window_period
            order by event_date, event_id
            rows between unbounded preceding and current row
        ) as decimal(28, 10)) as cumulative_base
    from {{ ref('commission_credits') }} as credits
),

rated as (
    select
        cumulated.payee_no,
        cumulated.plan_id,
        cumulated.plan_hash,
        cumulated.component_id,
        cumulated.window_period,
        cumulated.month,
        cumulated.event_id,
        cumulated.event_date,
        cumulated.base_amount,
        cumulated.cumulative_base,
        cast(sum(case
            when tiers.rate_kind = 'retroactive' then case
                when cumulated.cumulative_base < 0 and tiers.tier_from = 0 then cumulated.cumulative_base
                when tiers.boundary = 'upper_inclusive'
                    and cumulated.cumulative_base > tiers.tier_from
                    and cumulated.cumulative_base <= coalesce(tiers.tier_to, cumulated.cumulative_base) then cumulated.cumulative_base
                when coalesce(tiers.boundary, 'lower_inclusive') = 'lower_inclusive'
                    and cumulated.cumulative_base >= tiers.tier_from
                    and (tiers.tier_to is null or cumulated.cumulative_base < tiers.tier_to) then cumulated.cumulative_base
                else cast(0 as decimal(28, 10))
            end
            -- flat is marginal with one tier; below zero the first tier pays back what it paid
            when cumulated.cumulative_base > tiers.tier_from
                then cast(least(cumulated.cumulative_base, coalesce(cast(tiers.tier_to as decimal(28, 10)), cumulated.cumulative_base))
                    - tiers.tier_from as decimal(28, 10))
            when cumulated.cumulative_base < 0 and tiers.tier_from = 0 then cumulated.cumulative_base
            else cast(0 as decimal(28, 10))
        end * tiers.rate) as decimal(38, 16)) as earned_to_date
    from cumulated
    inner join {{ ref('dim_plan_tiers') }} as tiers
        on cumulated.plan_id = tiers.plan_id
        and cumulated.plan_hash = tiers.plan_hash
        and cumulated.component_id = tiers.component_id
    group by
        cumulated.payee_no, cumulated.plan_id, cumulated.plan_hash, cumulated.component_id, cumulated.window_period,
        cumulated.month, cumulated.event_id, cumulated.event_date, cumulated.base_amount, cumulated.cumulative_base
)

select
    payee_no,
    plan_id,
    plan_hash,
    component_id,
    window_period,
    month,
    event_id,
    event_date,
    base_amount,
    cast(cumulative_base as decimal(38, 10)) as cumulative_base,
    earned_to_date,
    cast(round(earned_to_date, 2) - coalesce(lag(round(earned_to_date, 2)) over (
        partition by payee_no, plan_id, plan_hash, component_id, window_period order by event_date, event_id
    ), 0) as decimal(18, 2)) as amount
from rated
