with newest as (
    {{ newest_versions('fxiaoke', 'payments') }}
),

refunds as (
    {{ newest_versions('fxiaoke', 'refunds', more=local_date('raw.created_at', 'clocks.time_zone') ~ ' as created_on,') }}
)

select
    key as payment_id,
    account_id,
    owner_id,
    payment_no,
    payment_term,
    life_status,
    currency_code,
    cast(coalesce(amount, payment_amount) as decimal(18, 4)) as amount,
    cast(exchange_rate as decimal(18, 6)) as exchange_rate,
    cast(payment_date as date) as payment_date
from newest
union all
select
    key as payment_id,
    account_id,
    owner_id,
    refund_no as payment_no,
    'refund' as payment_term,
    life_status,
    currency_code,
    cast(-refund_amount as decimal(18, 4)) as amount,
    cast(exchange_rate as decimal(18, 6)) as exchange_rate,
    coalesce(cast(refund_date as date), created_on) as payment_date
from refunds
