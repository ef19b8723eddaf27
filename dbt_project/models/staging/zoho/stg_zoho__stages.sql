{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('zoho', 'stages') }}
)

select
    stage,
    outcome,
    cast(position as integer) as position,
    {{ json_word('extra', 'forecast_category.name') }} as forecast_category
from newest
