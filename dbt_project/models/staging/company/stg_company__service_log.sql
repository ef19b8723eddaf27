{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'service_log') }}
)

select
    key as row_key,
    entry_id,
    kind,
    crm,
    account_id,
    employee_no,
    cast(opened_at as timestamp) as opened_at,
    cast(due_on as date) as due_on,
    cast(responded_at as timestamp) as responded_at,
    cast(resolved_at as timestamp) as resolved_at
from newest
