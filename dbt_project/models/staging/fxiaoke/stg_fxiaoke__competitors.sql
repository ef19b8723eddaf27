{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('fxiaoke', 'competitors') }}
)

select
    key as competitor_id,
    competitor_name
from newest
