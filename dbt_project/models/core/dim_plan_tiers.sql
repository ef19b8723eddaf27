with rates as (
    select
        *,
        {{ said('tier_from', 'decimal(18, 4)') }} as tier_from,
        {{ said('tier_to', 'decimal(18, 4)') }} as tier_to,
        {{ said('rate', rate_type()) }} as rate,
        {{ said('amount', 'decimal(18, 4)') }} as amount,
        {{ said('next_amount', 'decimal(18, 4)') }} as next_amount,
        {{ said('read_by', dbt.type_string()) }} as read_by,
        {{ said('code', dbt.type_string()) }} as code
    from {{ ref('stg_company__plan_terms') }}
    where kind = 'rate'
)

select
    rates.plan_id,
    rates.plan_version,
    rates.plan_hash,
    rates.component_id,
    rates.term_no as tier_no,
    components.component_name,
    components.event,
    components.date_basis,
    components.measure,
    components.accumulate,
    components.rate_kind,
    components.boundary,
    components.plan_currency as currency_code,
    rates.read_by,
    rates.code,
    rates.tier_from,
    rates.tier_to,
    rates.rate,
    rates.amount,
    rates.next_amount,
    -- what all tiers below this one earn when they are full
    cast(coalesce(sum((rates.tier_to - rates.tier_from) * rates.rate) over (
        partition by rates.plan_id, rates.plan_version, rates.component_id
        order by rates.term_no rows between unbounded preceding and 1 preceding
    ), 0) as decimal(28, 10)) as earned_below,
    rates.term_no = max(rates.term_no) over (partition by rates.plan_id, rates.plan_version, rates.component_id) as is_last,
    rates.valid_from,
    rates.valid_to
from rates
inner join {{ ref('int_plan_components') }} as components
    on rates.plan_id = components.plan_id
    and rates.plan_version = components.plan_version
    and rates.component_id = components.component_id
