with newest as (
    {{ newest_versions('fxiaoke', 'payments') }}
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
