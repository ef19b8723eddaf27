{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('zoho', 'cases') }}
)

select
    newest.key as case_id,
    newest.account_id,
    newest.owner_id,
    {{ local_date('newest.created_at', 'clocks.time_zone') }} as created_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
