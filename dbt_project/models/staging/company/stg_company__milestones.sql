{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'milestones') }}
)

select
    crm,
    order_no,
    milestone,
    evidence,
    cast(reached_on as date) as reached_on
from newest
