-- 开票额（含税）
with known as (
    select distinct crm, invoice_no from company.ar_ledger where entry_type = 'invoice'
),

billed as (
    select
        ledger.crm, ledger.order_no, cast(null as varchar) as order_id, ledger.currency_code, cast(ledger.amount as decimal(18, 4)) as amount,
        min(cast(coalesce(ledger.invoice_date, ledger.entry_date) as date)) over (
            partition by ledger.crm, ledger.invoice_no, coalesce(ledger.instalment_no, 1)
        ) as billed_on
    from company.ar_ledger as ledger where ledger.entry_type = 'invoice' and cast(ledger.entry_date as date) <= today()
    union all
    select
        'zoho', null, invoices.order_id, invoices.currency_code, cast(invoices.grand_total as decimal(18, 4)),
        cast(invoices.invoice_date as date)
    from zoho.invoices as invoices
    inner join crm on crm.name = 'zoho' and crm.receivables = 'crm_invoices'
    left join statuses on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
    anti join known on known.crm = 'zoho' and invoices.invoice_no = known.invoice_no
    where coalesce(statuses.is_counted, true) and cast(invoices.invoice_date as date) <= today()
)

select month_of(billed.billed_on), billed.crm, sum(round(billed.amount * coalesce(orders.fx, 1), 4))
from billed
left join orders on billed.crm = orders.crm and (billed.order_id = orders.order_id or billed.order_no = orders.order_no)
    and coalesce(billed.currency_code, '') = coalesce(orders.currency_code, billed.currency_code, '')
group by all
-- published
select month_of(entry_date), crm, sum(amount_base) from published.core.fct_receivable_entries where entry_type = 'invoice' group by all
