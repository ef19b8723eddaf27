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
    created_at
from newest
