{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'price_floor') }}
)

select
    product_code,
    currency_code,
    cast(floor_price as decimal(18, 4)) as floor_price,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
