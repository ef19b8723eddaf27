{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'acceptances') }}
)

select
    plan_id,
    employee_no,
    channel,
    cast(plan_version as integer) as plan_version,
    cast(accepted_on as date) as accepted_on
from newest
