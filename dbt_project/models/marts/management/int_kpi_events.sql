{{ config(schema='intermediate', contract={'enforced': false}) }}


-- One row per metric and event: whose it is, where it happened, what it adds to numerator and denominator.
with lines as (
    select
        lines.order_line_key as event_id,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        coalesce(lines.product_line, 'unassigned') as product_line,
        lines.net_amount_base as amount
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
    where orders.is_counted
    union all
    -- what no line carries still belongs to the whole
    select
        orders.order_key as event_id,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        'unassigned' as product_line,
        orders.net_amount_base - coalesce(carried.amount, 0) as amount
    from {{ ref('fct_orders') }} as orders
    left join (
        select order_key, sum(net_amount_base) as amount from {{ ref('fct_order_lines') }} group by order_key
    ) as carried on orders.order_key = carried.order_key
    where orders.is_counted and orders.net_amount_base <> coalesce(carried.amount, 0)
),

-- A return goes back to the product lines of its order in their proportion; the last line takes what rounding leaves.
order_weights as (
    select
        lines.order_key,
        coalesce(lines.product_line, 'unassigned') as product_line,
        sum(lines.net_amount_base) as amount
    from {{ ref('fct_order_lines') }} as lines
    inner join (select distinct order_key from {{ ref('fct_returns') }}) as returned on lines.order_key = returned.order_key
    group by lines.order_key, coalesce(lines.product_line, 'unassigned')
),

cumulated_weights as (
    select
        order_weights.*,
        sum(amount) over (partition by order_key order by product_line rows between unbounded preceding and current row) as to_here,
        sum(amount) over (partition by order_key) as whole
    from order_weights
),

returned_lines as (
    select
        returns.return_key as event_id,
        returns.return_date as event_date,
        returns.employee_no,
        returns.department_id,
        coalesce(weights.product_line, 'unassigned') as product_line,
        -(case
            when weights.order_key is null then returns.net_amount_base
            else {{ share_of('returns.net_amount_base', 'weights.to_here', 'weights.whole') }}
                - {{ share_of('returns.net_amount_base', '(weights.to_here - weights.amount)', 'weights.whole') }}
        end) as amount
    from {{ ref('fct_returns') }} as returns
    left join cumulated_weights as weights on returns.order_key = weights.order_key and weights.whole <> 0
),

firsts as (
    select
        orders.*,
        row_number() over (partition by customer_key order by order_date, order_key) as place
    from {{ ref('fct_orders') }} as orders
    where is_counted and customer_key is not null
),

opportunities as (
    select * from {{ ref('fct_opportunities') }} where status in ('won', 'lost')
),

events as (
    select
        'signed_sales' as metric_id, order_key as event_id, order_date as event_date, employee_no, department_id,
        net_amount_base as numerator, 0 as denominator
    from {{ ref('fct_orders') }} where is_counted
    union all
    select 'signed_sales', return_key, return_date, employee_no, department_id, -net_amount_base, 0 from {{ ref('fct_returns') }}
    union all
    select 'average_deal', order_key, order_date, employee_no, department_id, net_amount_base, 1 from {{ ref('fct_orders') }} where is_counted
    union all
    select 'average_deal', return_key, return_date, employee_no, department_id, -net_amount_base, 0 from {{ ref('fct_returns') }}
    union all
    select 'orders', order_key, order_date, employee_no, department_id, 1, 0 from {{ ref('fct_orders') }} where is_counted
    union all
    select 'collections', payment_key, payment_date, employee_no, department_id, amount_base, 0
    from {{ ref('fct_payments') }} where is_cash and is_applied
    union all
    select 'new_customers', order_key, order_date, employee_no, department_id, 1, 0 from firsts where place = 1
    union all
    select 'win_rate', opportunity_key, closed_date, employee_no, department_id, case when status = 'won' then 1 else 0 end, 1
    from opportunities
    union all
    select
        'win_rate_amount', opportunity_key, closed_date, employee_no, department_id,
        case when status = 'won' then coalesce(amount_base, 0) else 0 end, coalesce(amount_base, 0)
    from opportunities
    union all
    select 'sales_cycle_days', opportunity_key, closed_date, employee_no, department_id, cycle_days, 1
    from opportunities where status = 'won' and cycle_days is not null
)

select
    metric_id,
    'organisation' as axis,
    event_id,
    event_date,
    coalesce(employee_no, 'unassigned') as employee_no,
    coalesce(department_id, 'unassigned') as department_id,
    'all' as product_line,
    cast(numerator as decimal(28, 6)) as numerator,
    cast(denominator as decimal(28, 6)) as denominator
from events
union all
select
    'signed_sales' as metric_id,
    'product_line' as axis,
    event_id,
    event_date,
    coalesce(employee_no, 'unassigned') as employee_no,
    coalesce(department_id, 'unassigned') as department_id,
    product_line,
    cast(amount as decimal(28, 6)) as numerator,
    cast(0 as decimal(28, 6)) as denominator
from (
    select event_id, event_date, employee_no, department_id, product_line, amount from lines
    union all
    select event_id, event_date, employee_no, department_id, product_line, amount from returned_lines
) as by_line
