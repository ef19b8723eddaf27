{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'disputes') }}
)

select
    dispute_id,
    employee_no,
    month,
    plan_id,
    component_id,
    line,
    claim,
    evidence,
    decision,
    decided_by,
    reason,
    cast(effect_amount as decimal(18, 2)) as effect_amount,
    opened_on,
    triaged_on,
    decided_on
from newest
