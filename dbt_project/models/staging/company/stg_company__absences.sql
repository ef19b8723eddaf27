{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'absences') }}
)

select
    employee_no,
    kind,
    cast(first_day as date) as first_day,
    cast(last_day as date) as last_day
from newest
