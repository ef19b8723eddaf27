{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with limits as (
    select max(case when threshold_id = 'cac_lag_months' then cast(value as integer) end) as lag_months from {{ ref('dim_thresholds') }}
),

expenses as (
    select * from {{ ref('int_expenses') }}
),

-- Commission costs what the ledger says was earned, in the month it was earned in.
commission as (
    select
        entries.entry_id as event_id,
        cast(entries.origin_period || '-01' as date) as event_date,
        entries.payee_no as employee_no,
        history.department_id,
        entries.amount
    from {{ ref('fct_commission_entries') }} as entries
    left join {{ ref('dim_employee_history') }} as history
        on entries.payee_no = history.employee_no
        and history.effective_from <= cast(entries.origin_period || '-01' as date)
        and cast(entries.origin_period || '-01' as date) < history.effective_to
    where entries.entry_type in ('EARN', 'ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'CLAWBACK')
),

selling as (
    select expense_key as event_id, expense_date as event_date, employee_no, department_id, amount_base as amount, cost_type = 'marketing' as is_marketing
    from expenses where is_selling
    union all
    select event_id, event_date, employee_no, department_id, amount, false from commission
),

-- How many months after the spending a customer of this month signs: the median cycle of the deals won in the year up to its end.
lags as (
    select
        months.month,
        coalesce(
            cast(round({{ ratio('cast(median(opportunities.cycle_days) as decimal(18, 6)) * 12', '365') }}) as integer), min(limits.lag_months)
        ) as lag_months
    from {{ ref('int_period_months') }} as months
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('fct_opportunities') }} as opportunities
        on opportunities.status = 'won'
        and opportunities.closed_date < months.period_end
        and {{ days_between('opportunities.closed_date', 'months.period_end') }} <= 365
    where months.period_type = 'month' and months.month <= clocks.as_of
    group by months.month
),

-- Spending as it counts for the customers of a later month.
lagged as (
    select selling.*, {{ add_months('selling.event_date', 'lags.lag_months') }} as counts_on
    from selling
    inner join lags on {{ period_start('month', 'selling.event_date') }} = {{ add_months('lags.month', '-lags.lag_months') }}
    cross join {{ ref('clocks') }} as clocks
    where {{ add_months('selling.event_date', 'lags.lag_months') }} <= clocks.as_of
),

net_sales as (
    select order_key as event_id, order_key, order_date as credit_day, order_date as event_date, employee_no, department_id, net_amount_base as amount
    from {{ ref('fct_orders') }} where is_counted
    union all
    select returns.return_key, returns.order_key, coalesce(orders.order_date, returns.return_date), returns.return_date, returns.employee_no,
        returns.department_id, -returns.net_amount_base
    from {{ ref('fct_returns') }} as returns
    left join {{ ref('fct_orders') }} as orders on returns.order_key = orders.order_key
),

firsts as (
    select
        order_key as event_id, order_date as event_date, customer_key, employee_no, department_id,
        row_number() over (partition by customer_key order by order_date, order_key) as place
    from {{ ref('fct_orders') }} where is_counted and customer_key is not null
),

-- Who came by a paid lead: since when.
paid as (
    select customer_key, min(created_date) as came_on from {{ ref('int_leads') }} where is_paid and customer_key is not null group by customer_key
)

-- What is no order has no day of credit; told twice, the same day breaks Spark 4.3's plan of this union (RemoveRedundantAliases).
select 'selling_expense' as metric_id, event_id, cast(null as {{ dbt.type_string() }}) as order_key, cast(null as date) as credit_day, event_date, employee_no, department_id, amount as numerator, 0 as denominator from selling
union all
select 'expense_ratio', event_id, null, null, event_date, employee_no, department_id, amount, 0 from selling
union all
select 'expense_ratio', event_id, order_key, credit_day, event_date, employee_no, department_id, 0, amount from net_sales
union all
{% for metric_id, condition in [('acquisition_cost', 'true'), ('acquisition_cost_paid', 'is_marketing')] %}
select '{{ metric_id }}', event_id, null, event_date, counts_on, employee_no, department_id, amount, 0 from lagged where {{ condition }}
union all
{% endfor %}
select 'acquisition_cost', event_id, event_id, event_date, event_date, employee_no, department_id, 0, 1 from firsts where place = 1
union all
select
    'acquisition_cost_paid', firsts.event_id, firsts.event_id, firsts.event_date, firsts.event_date, firsts.employee_no, firsts.department_id, 0, 1
from firsts
inner join paid on firsts.customer_key = paid.customer_key and paid.came_on <= firsts.event_date
where firsts.place = 1
union all
select 'budget_execution', expense_key, null, expense_date, expense_date, employee_no, department_id, amount_base, 0 from expenses where status = 'spent'
union all
select 'budget_execution', budget_key, null, budget_month, budget_month, cast(null as {{ dbt.type_string() }}), department_id, 0, amount
from {{ ref('int_budget_months') }}
