-- Customers by the quarter of their first order, and what they did in every quarter since.
with quarters as (
    select period_start, period_end, period, month_no from {{ ref('int_period_months') }} where period_type = 'quarter' and month = period_start
),

customers as (
    select customers.customer_key, quarters.period as cohort, quarters.month_no as cohort_no
    from {{ ref('dim_customers') }} as customers
    inner join quarters
        on quarters.period_start <= customers.first_order_date and customers.first_order_date < quarters.period_end
),

sizes as (
    select cohort, cohort_no, count(*) as customers from customers group by cohort, cohort_no
),

moves as (
    select customer_key, order_date as moved_on, net_amount_base as amount, order_date as ordered_on
    from {{ ref('fct_orders') }} where is_counted and customer_key is not null
    union all
    select customer_key, return_date, -net_amount_base, cast(null as date) from {{ ref('fct_returns') }}
    union all
    select customer_key, moved_on, net_amount_base, cast(null as date) from {{ ref('int_signed_changes') }}
),

by_customer as (
    select
        customers.cohort,
        quarters.period,
        customers.customer_key,
        count(distinct moves.ordered_on) as order_days,
        sum(moves.amount) as amount
    from customers
    inner join moves on customers.customer_key = moves.customer_key
    inner join quarters on quarters.period_start <= moves.moved_on and moves.moved_on < quarters.period_end
    group by customers.cohort, quarters.period, customers.customer_key
),

done as (
    select
        cohort,
        period,
        sum(case when order_days > 0 then 1 else 0 end) as active,
        sum(case when order_days > 1 then 1 else 0 end) as repeated,
        sum(amount) as amount
    from by_customer
    group by cohort, period
),

grid as (
    select
        sizes.cohort, sizes.customers, quarters.period,
        {{ whole_quotient('quarters.month_no - sizes.cohort_no', '3') }} as quarters_since
    from sizes
    cross join {{ ref('clocks') }} as clocks
    inner join quarters on sizes.cohort_no <= quarters.month_no and quarters.period_start <= clocks.as_of
)

select
    grid.cohort,
    grid.period,
    cast(grid.quarters_since as integer) as quarters_since,
    cast(grid.customers as integer) as customers,
    cast(coalesce(done.active, 0) as integer) as active_customers,
    cast(coalesce(done.repeated, 0) as integer) as repeat_customers,
    cast(coalesce(done.amount, 0) as decimal(18, 4)) as signed_sales_base,
    cast(founding.amount as decimal(18, 4)) as first_signed_sales_base,
    {{ ratio('coalesce(done.active, 0)', 'grid.customers') }} as retention_rate,
    {{ ratio('coalesce(done.repeated, 0)', 'done.active') }} as repurchase_rate,
    case when founding.amount > 0 then {{ ratio('coalesce(done.amount, 0)', 'founding.amount') }} end as revenue_retention,
    grid.customers < 5 as is_small
from grid
left join done on grid.cohort = done.cohort and grid.period = done.period
left join done as founding on grid.cohort = founding.cohort and grid.cohort = founding.period
