{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'budget') }}
)

select
    key as row_key,
    cost_type,
    department_id,
    period,
    cast(amount as decimal(18, 4)) as amount,
    variance_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
