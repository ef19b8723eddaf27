with newest as (
    {{ newest_versions('fxiaoke', 'accounts') }}
)

select
    key as account_id,
    owner_id,
    account_name,
    uscc,
    industry,
    province,
    city,
    life_status,
    created_at,
    tel as phone,
    {{ longitude('location') }} as longitude,
    {{ latitude('location') }} as latitude,
    {{ local_date('coalesce(modified_at, pulled_at)', 'clocks.time_zone') }} as changed_on
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
