-- What is payable in a month is the sum of its lines.
-- A row here: the payroll file and the ledger would differ (C9.2).
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_by_payee_month'}}}) }}
select
    months.month,
    months.payable,
    lines.amount
from (select month, sum(payable) as payable, sum(earned + adjusted + withheld + recovered) as parts from {{ ref('commission_by_payee_month') }} group by month) as months
full outer join (
    select posting_period, sum(amount) as amount from {{ ref('commission_lines') }} group by posting_period
) as lines on months.month = lines.posting_period
where coalesce(months.payable, 0) <> coalesce(lines.amount, 0) or months.payable <> months.parts
