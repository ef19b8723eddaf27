{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'payee_figures') }}
)

select
    employee_no,
    period,
    name,
    cast(value as decimal(18, 6)) as value,
    cast(reached_on as date) as reached_on
from newest
