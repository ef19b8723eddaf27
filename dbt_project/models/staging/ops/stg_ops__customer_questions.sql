{{ config(materialized='ephemeral') }}

select
    crm,
    account_id,
    account_name,
    other_crm,
    other_account_id,
    other_account_name,
    why,
    likeness,
    evidence,
    cast(asked_since as date) as asked_since
from {{ run_input('customer_questions') }}
