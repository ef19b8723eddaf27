{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'pool_members') }}
)

select
    pool_id,
    period,
    employee_no,
    cast(share as decimal(18, 6)) as share,
    cast(days as integer) as days
from newest
