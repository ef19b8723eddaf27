{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'deal_splits') }}
)

select
    crm,
    order_no,
    employee_no,
    coalesce(is_overlay, false) as is_overlay,
    cast(share as decimal(18, 6)) as share,
    cast(decided_on as date) as decided_on,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
