{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'stages') }}
)

select
    key as row_key,
    crm,
    object,
    stage,
    cast(stage_no as integer) as stage_no,
    cast(is_qualified as boolean) as is_qualified,
    category,
    ends_as,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
