{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'market_size') }}
)

select
    key as row_key,
    region,
    product_line,
    period,
    price_level,
    cast(amount as decimal(18, 4)) as amount,
    source,
    grade,
    cast(is_estimate as boolean) as is_estimate,
    cast(booked_at as timestamp) as booked_at
from newest
