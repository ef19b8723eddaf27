-- What a department may spend on a type of cost, has spent, and has committed to.
with spent as (
    select
        months.period_type,
        months.period,
        months.period_start,
        expenses.department_id,
        expenses.cost_type,
        sum(case when expenses.status = 'spent' then expenses.amount_base else 0 end) as spent,
        sum(case when expenses.status = 'committed' then expenses.amount_base else 0 end) as committed
    from {{ ref('int_expenses') }} as expenses
    inner join {{ ref('int_period_months') }} as months on months.month = {{ period_start('month', 'expenses.expense_date') }}
    group by months.period_type, months.period, months.period_start, expenses.department_id, expenses.cost_type
),

budgets as (
    select
        months.period_type,
        months.period,
        months.period_start,
        budgets.department_id,
        budgets.cost_type,
        max(budgets.variance_code) as variance_code,
        sum(budgets.amount) as budget
    from {{ ref('int_budget_months') }} as budgets
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_period_months') }} as months on budgets.budget_month = months.month and months.period_start <= clocks.as_of
    group by months.period_type, months.period, months.period_start, budgets.department_id, budgets.cost_type
)

select
    coalesce(budgets.period_type, spent.period_type) as period_type,
    coalesce(budgets.period, spent.period) as period,
    coalesce(budgets.department_id, spent.department_id) as department_id,
    coalesce(budgets.cost_type, spent.cost_type) as cost_type,
    budgets.variance_code,
    cast(budgets.budget as decimal(18, 4)) as budget,
    cast(coalesce(spent.spent, 0) as decimal(18, 4)) as spent,
    cast(coalesce(spent.committed, 0) as decimal(18, 4)) as committed,
    cast({{ ratio('coalesce(spent.spent, 0)', 'budgets.budget') }} as decimal(18, 6)) as execution
from budgets
full outer join spent
    on budgets.period_type = spent.period_type
    and budgets.period = spent.period
    and budgets.department_id = spent.department_id
    and budgets.cost_type = spent.cost_type
