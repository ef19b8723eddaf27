{{ config(materialized='ephemeral') }}

with versions as (
    {{ all_versions('fxiaoke', 'orders') }}
)

select
    key as order_id,
    owner_id,
    life_status as status,
    is_deleted,
    cast(version_no as integer) as version_no,
    cast(order_amount as decimal(18, 4)) as header_amount,
    {{ local_date('coalesce(modified_at, pulled_at)', 'company_zone') }} as changed_on,
    first_seen_on
from versions
