with newest as (
    {{ newest_versions('zoho', 'invoices') }}
)

select
    key as invoice_id,
    account_id,
    order_id,
    owner_id,
    invoice_no,
    status,
    currency_code,
    cast(grand_total as decimal(18, 4)) as grand_total,
    cast(exchange_rate as decimal(18, 6)) as exchange_rate,
    cast(invoice_date as date) as invoice_date,
    cast(due_date as date) as due_date
from newest
