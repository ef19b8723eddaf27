{{ config(materialized='ephemeral') }}

with versions as (
    {{ all_versions('zoho', 'opportunities') }}
)

select
    key as opportunity_id,
    account_id,
    owner_id,
    stage,
    stage as closing_stage,
    currency_code,
    is_deleted,
    cast(version_no as integer) as version_no,
    cast(amount as decimal(18, 4)) as amount,
    cast(probability as decimal(18, 6)) as probability,
    cast(close_date as date) as close_date,
    coalesce(modified_at, pulled_at) as changed_at,
    pulled_at as known_from,
    {{ local_date('stage_changed_at', 'company_zone') }} as stage_changed_on,
    {{ local_date('coalesce(modified_at, pulled_at)', 'company_zone') }} as changed_on
from versions
