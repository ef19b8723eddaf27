{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'deliveries') }}
)

select
    delivery_id,
    crm,
    order_no,
    product_code,
    cast(quantity as decimal(18, 6)) as quantity,
    cast(delivery_date as date) as delivery_date
from newest
