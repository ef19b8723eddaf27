{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'expense_ledger') }}
)

select
    key as row_key,
    entry_id,
    cast(expense_date as date) as expense_date,
    department_id,
    employee_no,
    cost_type,
    status,
    cast(amount as decimal(18, 4)) as amount,
    currency_code,
    cast(booked_at as timestamp) as booked_at
from newest
