{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'payment_methods') }}
)

select
    key as row_key,
    source,
    code,
    method,
    cast(is_cash as boolean) as is_cash,
    cast(is_drawdown as boolean) as is_drawdown,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
