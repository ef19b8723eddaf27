{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'gate_waivers') }}
)

select
    employee_no,
    month,
    gate_id,
    reason,
    approved_by
from newest
