with newest as (
    {{ newest_versions('company', 'cash_receipts', more=first_seen_on(local_date('raw.booked_at', 'clocks.time_zone'))) }}
)

select
    receipt_id,
    crm,
    account_id,
    currency_code,
    method,
    first_seen_on,
    cast(amount as decimal(18, 4)) as amount,
    cast(bank_value_date as date) as bank_value_date,
    cast(maturity_date as date) as maturity_date,
    cast(posting_date as date) as posting_date
from newest
