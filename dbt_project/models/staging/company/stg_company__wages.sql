{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'wages') }}
)

select
    employee_no,
    month,
    cast(wages as decimal(18, 4)) as wages,
    cast(minimum_wage as decimal(18, 4)) as minimum_wage
from newest
