{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('fxiaoke', 'leads') }}
)

select
    newest.key as lead_id,
    newest.owner_id,
    newest.lead_status,
    newest.source as lead_source,
    newest.converted_account_id,
    newest.converted_opportunity_id,
    newest.life_status,
    newest.converted_account_id is not null or newest.converted_opportunity_id is not null as is_converted,
    {{ local_date('newest.created_at', 'clocks.time_zone') }} as created_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
