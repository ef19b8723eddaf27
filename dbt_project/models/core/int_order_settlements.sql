{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- How an order is to be paid: Fxiaoke's settle_type, whose options each tenant names; an order of Zoho has no such field.
select
    {{ hash_key("'fxiaoke'", 'order_id') }} as order_key,
    settle_type as settlement
from {{ ref('stg_fxiaoke__orders') }}
where settle_type is not null
