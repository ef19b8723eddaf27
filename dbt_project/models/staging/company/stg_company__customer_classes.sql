{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'customer_classes') }}
)

select
    crm,
    account_id,
    customer_class,
    customer_tier,
    tags,
    group_id,
    settlement,
    cast(credit_days as integer) as credit_days,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
