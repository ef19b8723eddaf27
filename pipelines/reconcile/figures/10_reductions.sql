-- 红冲与核销坏账（含税）
select month_of(cast(ledger.entry_date as date)), ledger.crm, sum(round(-cast(ledger.amount as decimal(18, 4)) * coalesce(orders.fx, 1), 4))
from company.ar_ledger as ledger
left join orders on ledger.crm = orders.crm and ledger.order_no = orders.order_no
where ledger.entry_type in ('credit_note', 'write_off') and cast(ledger.entry_date as date) <= today()
group by all
-- published
select month_of(entry_date), crm, sum(amount_base) from published.core.fct_receivable_entries where entry_type <> 'invoice' group by all
