{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('fxiaoke', 'competitive_lines') }}
)

select
    key as line_id,
    competitor_id,
    opportunity_id,
    life_status
from newest
