-- 已发生费用
select sum(cast(amount as decimal(18, 4))) from company.expense_ledger
where status = 'spent' and cast(expense_date as date) <= today()
-- published
select sum(spent) from published.management.budget_execution where period_type = 'month'
