{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'cost_table') }}
)

select
    product_code,
    currency_code,
    cast(unit_cost as decimal(18, 4)) as unit_cost,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
