{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'risk_thresholds') }}
)

select
    key as row_key,
    threshold_id,
    cast(value as decimal(18, 6)) as value,
    reason,
    approved_by,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
