with newest as (
    {{ newest_versions('fxiaoke', 'returns') }}
)

select
    key as return_id,
    account_id,
    order_id,
    owner_id,
    return_no,
    return_reason,
    life_status,
    cast(return_amount as decimal(18, 4)) as return_amount,
    cast(return_date as date) as return_date
from newest
