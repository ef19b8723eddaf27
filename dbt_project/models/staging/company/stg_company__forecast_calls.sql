{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'forecast_calls') }}
)

select
    key as row_key,
    period,
    employee_no,
    level,
    category,
    cast(called_on as date) as called_on,
    cast(amount as decimal(18, 4)) as amount
from newest
