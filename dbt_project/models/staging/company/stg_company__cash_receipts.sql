with newest as (
    {{ newest_versions('company', 'cash_receipts') }}
)

select
    receipt_id,
    crm,
    account_id,
    currency_code,
    method,
    cast(amount as decimal(18, 4)) as amount,
    cast(bank_value_date as date) as bank_value_date,
    cast(posting_date as date) as posting_date
from newest
