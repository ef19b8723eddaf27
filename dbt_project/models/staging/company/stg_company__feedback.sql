{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'feedback') }}
)

select
    key as row_key,
    feedback_id,
    crm,
    account_id,
    employee_no,
    category,
    product_code,
    cast(raised_on as date) as raised_on,
    cast(accepted_on as date) as accepted_on,
    cast(fixed_on as date) as fixed_on,
    cast(told_on as date) as told_on
from newest
