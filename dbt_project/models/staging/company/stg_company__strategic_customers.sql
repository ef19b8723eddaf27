{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'strategic_customers') }}
)

select
    key as row_key,
    approved_by,
    crm,
    account_id,
    tier,
    wallet_source,
    strategy,
    next_step,
    cast(wallet_amount as decimal(18, 4)) as wallet_amount,
    cast(next_step_due as date) as next_step_due,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
