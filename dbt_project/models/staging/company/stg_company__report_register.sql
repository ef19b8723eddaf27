{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'report_register') }}
)

select
    key as row_key,
    report_type,
    employee_no,
    cast(due_on as date) as due_on,
    cast(submitted_on as date) as submitted_on,
    cast(is_empty as boolean) as is_empty,
    cast(similarity as decimal(18, 6)) as similarity,
    cast(booked_at as timestamp) as booked_at
from newest
