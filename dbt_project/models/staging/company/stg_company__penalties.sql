{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'penalties') }}
)

select
    employee_no,
    month,
    clause_id,
    evidence,
    approved_by,
    cast(amount as decimal(18, 4)) as amount
from newest
