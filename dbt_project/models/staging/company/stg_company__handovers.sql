{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'handovers') }}
)

select
    leaver_no,
    successor_no,
    crm,
    order_no,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
