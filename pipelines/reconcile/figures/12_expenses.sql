-- 已发生费用
select month_of(cast(expense_date as date)), coalesce(department_id, 'unassigned'), sum(cast(amount as decimal(18, 4)))
from company.expense_ledger where status = 'spent' and cast(expense_date as date) <= today()
group by all
-- published
select period, coalesce(department_id, 'unassigned'), sum(spent) from published.management.budget_execution
where period_type = 'month' group by all
