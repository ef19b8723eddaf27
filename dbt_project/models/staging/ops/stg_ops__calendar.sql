{{ config(materialized='ephemeral') }}

select
    cast(date_day as date) as date_day,
    is_workday,
    holiday_name,
    known_by
from {{ run_input('calendar') }}
