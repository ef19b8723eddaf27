-- What payroll pays in a month is the sum of the ledger's entries of that posting period (C9.2).
-- A row here: a closed month whose payables differ from what was posted, by payee.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_payables'}}}) }}
with posted as (
    select payee_no, posting_period, sum(amount) as amount
    from {{ ref('fct_commission_entries') }}
    group by payee_no, posting_period
)

select
    coalesce(payables.payee_no, posted.payee_no) as payee_no,
    coalesce(payables.pay_month, posted.posting_period) as month,
    payables.payable,
    posted.amount
from (select payee_no, pay_month, payable from {{ ref('commission_payables') }} where status <> 'draft') as payables
full outer join posted on payables.payee_no = posted.payee_no and payables.pay_month = posted.posting_period
where coalesce(payables.payable, 0) <> coalesce(posted.amount, 0)
