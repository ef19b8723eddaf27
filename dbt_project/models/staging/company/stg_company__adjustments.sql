{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'adjustments') }}
)

select
    adjustment_id,
    entry_type,
    employee_no,
    plan_id,
    component_id,
    origin_month,
    posting_month,
    reason,
    evidence,
    approved_by,
    second_approver,
    balance,
    cast(amount as decimal(18, 2)) as amount
from newest
