with newest as (
    {{ newest_versions('company', 'plan_tiers') }}
)

select
    plan_id,
    cast(plan_version as integer) as plan_version,
    plan_hash,
    component_id,
    component_name,
    event,
    date_basis,
    measure,
    accumulate,
    rate_kind,
    boundary,
    currency_code,
    cast(tier_no as integer) as tier_no,
    cast(tier_from as decimal(18, 4)) as tier_from,
    cast(tier_to as decimal(18, 4)) as tier_to,
    cast(rate as decimal(9, 6)) as rate,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
