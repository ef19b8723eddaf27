{{ config(materialized='ephemeral') }}

with versions as (
    {{ all_versions('zoho', 'orders') }}
)

select
    key as order_id,
    owner_id,
    status as status,
    is_deleted,
    cast(version_no as integer) as version_no,
    cast(coalesce(grand_total, cast(sub_total as decimal(18, 4)) - coalesce(discount, 0) + coalesce(tax, 0) + coalesce(adjustment, 0)) as decimal(18, 4)) as header_amount,
    {{ local_date('coalesce(modified_at, pulled_at)', 'company_zone') }} as changed_on,
    first_seen_on
from versions
