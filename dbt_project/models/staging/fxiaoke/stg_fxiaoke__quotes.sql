{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('fxiaoke', 'quotes') }}
)

select
    key as quote_id,
    opportunity_id,
    life_status,
    cast(quote_date as date) as quote_date
from newest
