with newest as (
    {{ newest_versions('fxiaoke', 'orders', more=owner_at_signature('order_date')) }}
)

select
    newest.key as order_id,
    newest.account_id,
    newest.opportunity_id,
    newest.owner_at_signature_id as owner_id,
    newest.owner_id as latest_owner_id,
    newest.order_no,
    newest.life_status,
    newest.settle_type,
    newest.currency_code,
    cast(newest.order_amount as decimal(18, 4)) as order_amount,
    cast(newest.exchange_rate as decimal(18, 6)) as exchange_rate,
    coalesce(cast(newest.order_date as date), {{ local_date('newest.created_at', 'clocks.time_zone') }}) as order_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
