{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'stage_gates') }}
)

select
    key as row_key,
    crm,
    stage,
    gate,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
