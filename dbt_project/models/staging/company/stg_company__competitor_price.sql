{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'competitor_price') }}
)

select
    key as row_key,
    observation_id,
    competitor,
    product_code,
    price_level,
    cast(price as decimal(18, 4)) as price,
    currency_code,
    cast(observed_on as date) as observed_on,
    employee_no,
    confirmed_by,
    used_in,
    cast(booked_at as timestamp) as booked_at
from newest
