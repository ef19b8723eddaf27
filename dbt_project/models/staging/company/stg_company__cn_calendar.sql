{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'cn_calendar') }}
)

select
    name,
    coalesce(is_workday, false) as is_workday,
    cast(day as date) as day
from newest
