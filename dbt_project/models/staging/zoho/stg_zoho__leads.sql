{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('zoho', 'leads') }}
)

select
    newest.key as lead_id,
    newest.owner_id,
    newest.lead_status,
    newest.lead_source,
    newest.converted_account_id,
    newest.converted_opportunity_id,
    {{ local_date('newest.converted_at', 'clocks.time_zone') }} as converted_date,
    coalesce(newest.is_converted, false) as is_converted,
    {{ local_date('newest.created_at', 'clocks.time_zone') }} as created_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
