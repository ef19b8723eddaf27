{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'tier_policy') }}
)

select
    key as row_key,
    tier,
    cast(visit_within_days as integer) as visit_within_days,
    cast(max_discount as decimal(18, 6)) as max_discount,
    cast(max_credit_days as integer) as max_credit_days,
    cast(response_hours as decimal(18, 6)) as response_hours,
    cast(callback_within_days as integer) as callback_within_days,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
