{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('fxiaoke', 'contracts') }}
)

select
    key as contract_id,
    account_id,
    owner_id,
    life_status,
    cast(coalesce(starts_on, confirmed_on) as date) as starts_on,
    cast(expires_on as date) as expires_on
from newest
