{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'order_holds') }}
)

select
    crm,
    order_no,
    reason,
    approved_by,
    cast(held_from as date) as held_from,
    cast(released_on as date) as released_on
from newest
