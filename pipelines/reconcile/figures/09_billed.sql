-- 开票额（含税）
with known as (
    select distinct crm, invoice_no from company.ar_ledger where entry_type = 'invoice'
),

billed as (
    select ledger.crm, ledger.order_no, cast(null as varchar) as order_id, ledger.currency_code, cast(ledger.amount as decimal(18, 4)) as amount
    from company.ar_ledger as ledger where ledger.entry_type = 'invoice' and cast(ledger.entry_date as date) <= today()
    union all
    select 'zoho', null, invoices.order_id, invoices.currency_code, cast(invoices.grand_total as decimal(18, 4))
    from zoho.invoices as invoices
    inner join crm on crm.name = 'zoho' and crm.receivables = 'crm_invoices'
    left join statuses on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
    anti join known on known.crm = 'zoho' and invoices.invoice_no = known.invoice_no
    where coalesce(statuses.is_counted, true) and cast(invoices.invoice_date as date) <= today()
)

select sum(round(billed.amount * coalesce(orders.fx, 1), 4))
from billed
left join orders on billed.crm = orders.crm and (billed.order_id = orders.order_id or billed.order_no = orders.order_no)
    and coalesce(billed.currency_code, '') = coalesce(orders.currency_code, billed.currency_code, '')
-- published
select sum(amount_base) from published.core.fct_receivable_entries where entry_type = 'invoice'
