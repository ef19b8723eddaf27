{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'channel_map') }}
)

select
    key as row_key,
    attribute,
    value,
    channel,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
