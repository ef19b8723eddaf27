{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What is selling expense, the cost of a visit, or pay: declared here, once. A rebate lessens sales and is no expense.
select
    md5('expense:' || expenses.entry_id) as expense_key,
    expenses.expense_date,
    expenses.employee_no,
    expenses.department_id,
    expenses.cost_type,
    expenses.status,
    expenses.status = 'spent' and expenses.cost_type <> 'rebate' as is_selling,
    expenses.status = 'spent' and expenses.cost_type in ('travel', 'entertainment', 'allowance') as is_visit_cost,
    expenses.status = 'spent' and expenses.cost_type = 'salary' as is_pay,
    case
        when expenses.currency_code = clocks.currency_code then expenses.amount
        else {{ in_base('expenses.amount', 'rates.rate') }}
    end as amount_base
from {{ ref('stg_company__expense_ledger') }} as expenses
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_exchange_rates') }} as rates
    on rates.rate_type = 'market'
    and expenses.currency_code = rates.currency_code
    and rates.valid_from <= expenses.expense_date
    and expenses.expense_date < rates.valid_to
where expenses.expense_date <= clocks.as_of
