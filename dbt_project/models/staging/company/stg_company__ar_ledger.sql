with newest as (
    {{ newest_versions('company', 'ar_ledger', more=first_seen_on(local_date('raw.booked_at', 'clocks.time_zone'))) }}
)

select
    entry_id,
    entry_type,
    invoice_no,
    cast(instalment_no as integer) as instalment_no,
    crm,
    order_no,
    account_id,
    currency_code,
    reason,
    first_seen_on,
    cast(amount as decimal(18, 4)) as amount,
    cast(invoice_date as date) as invoice_date,
    cast(due_date as date) as due_date,
    cast(entry_date as date) as entry_date
from newest
