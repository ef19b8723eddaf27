{{ config(materialized='ephemeral') }}

select
    crm,
    account_id,
    account_name,
    customer,
    joined_to,
    rule,
    likeness,
    evidence,
    is_gone,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from {{ run_input('customer_accounts') }}
