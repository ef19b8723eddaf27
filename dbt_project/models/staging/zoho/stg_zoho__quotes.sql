{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('zoho', 'quotes') }}
)

select
    newest.key as quote_id,
    newest.opportunity_id,
    {{ local_date('newest.created_at', 'clocks.time_zone') }} as quote_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
