{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'region_neighbours') }}
)

select
    region,
    neighbour,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
