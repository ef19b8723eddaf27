{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'attendance') }}
)

select
    key as row_key,
    employee_no,
    cast(period_start as date) as period_start,
    cast(period_end as date) as period_end,
    cast(attended_days as decimal(18, 6)) as attended_days,
    cast(leave_days as decimal(18, 6)) as leave_days,
    cast(training_days as decimal(18, 6)) as training_days,
    cast(booked_at as timestamp) as booked_at
from newest
