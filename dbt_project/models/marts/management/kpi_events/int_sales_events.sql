{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with customers as (
    select customer_key, channel from {{ ref('int_customer_channels') }}
),

tiers as (
    select customer_key, tier, effective_from, effective_to from {{ ref('customer_tiers') }}
),

orders as (
    select
        orders.*,
        coalesce(customers.channel, 'unassigned') as channel,
        coalesce(settlements.settlement, 'unassigned') as settlement,
        coalesce(tiers.tier, 'unassigned') as tier
    from {{ ref('fct_orders') }} as orders
    left join tiers
        on orders.customer_key = tiers.customer_key and tiers.effective_from <= orders.order_date and orders.order_date < tiers.effective_to
    left join customers on orders.customer_key = customers.customer_key
    left join {{ ref('int_order_settlements') }} as settlements on orders.order_key = settlements.order_key
    where orders.is_counted
),

returns as (
    select
        returns.*, coalesce(orders.order_date, returns.return_date) as credit_day,
        coalesce(customers.channel, 'unassigned') as channel, coalesce(orders.settlement, 'unassigned') as settlement,
        coalesce(tiers.tier, 'unassigned') as tier
    from {{ ref('fct_returns') }} as returns
    left join customers on returns.customer_key = customers.customer_key
    left join orders on returns.order_key = orders.order_key
    left join tiers
        on returns.customer_key = tiers.customer_key and tiers.effective_from <= returns.return_date and returns.return_date < tiers.effective_to
),

-- Amended or cancelled after they were signed: the difference falls on the day of the change.
changed as (
    select
        changes.order_key || ':' || cast(changes.moved_on as {{ dbt.type_string() }}) as event_id,
        changes.*,
        coalesce(customers.channel, 'unassigned') as channel,
        coalesce(settlements.settlement, 'unassigned') as settlement,
        coalesce(tiers.tier, 'unassigned') as tier
    from {{ ref('int_signed_changes') }} as changes
    left join tiers
        on changes.customer_key = tiers.customer_key and tiers.effective_from <= changes.moved_on and changes.moved_on < tiers.effective_to
    left join customers on changes.customer_key = customers.customer_key
    left join {{ ref('int_order_settlements') }} as settlements on changes.order_key = settlements.order_key
),

lines as (
    select
        lines.order_line_key as event_id,
        orders.order_key,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        orders.channel,
        coalesce(lines.product_line, 'unassigned') as product_line,
        coalesce(lines.product_code, 'unassigned') as product_code,
        lines.quantity,
        lines.net_amount_base as amount,
        listed.list_amount_base,
        costs.cost_base,
        floors.floor_base
    from {{ ref('fct_order_lines') }} as lines
    inner join orders on lines.order_key = orders.order_key
    left join {{ ref('int_line_costs') }} as costs on lines.order_line_key = costs.order_line_key
    left join {{ ref('int_list_amounts') }} as listed on lines.order_line_key = listed.order_line_key
    left join {{ ref('int_line_floors') }} as floors on lines.order_line_key = floors.order_line_key
    union all
    -- what no line carries still belongs to the whole
    select
        orders.order_key as event_id,
        orders.order_key,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        orders.channel,
        'unassigned' as product_line,
        'unassigned' as product_code,
        cast(0 as decimal(18, 6)) as quantity,
        orders.net_amount_base - coalesce(carried.amount, 0) as amount,
        cast(null as decimal(18, 4)) as list_amount_base,
        cast(null as decimal(18, 4)) as cost_base,
        cast(null as decimal(18, 4)) as floor_base
    from orders
    left join (
        select order_key, sum(net_amount_base) as amount from {{ ref('fct_order_lines') }} group by order_key
    ) as carried on orders.order_key = carried.order_key
    where orders.net_amount_base <> coalesce(carried.amount, 0)
),

-- A return, and what a change moved, go to the products of the order in their proportion; the last one takes what rounding leaves.
moved as (
    select return_key as event_id, order_key, return_date as moved_on, employee_no, department_id, cast(-net_amount_base as decimal(18, 4)) as amount
    from returns
    union all
    select event_id, order_key, moved_on, employee_no, department_id, net_amount_base
    from changed
),

order_weights as (
    select
        lines.order_key,
        coalesce(lines.product_line, 'unassigned') as product_line,
        coalesce(lines.product_code, 'unassigned') as product_code,
        sum(lines.net_amount_base) as amount,
        sum(lines.quantity) as quantity
    from {{ ref('fct_order_lines') }} as lines
    inner join (select distinct order_key from moved) as touched on lines.order_key = touched.order_key
    group by lines.order_key, coalesce(lines.product_line, 'unassigned'), coalesce(lines.product_code, 'unassigned')
),

cumulated_weights as (
    select
        order_weights.*,
        sum(amount) over (
            partition by order_key order by product_line, product_code rows between unbounded preceding and current row
        ) as to_here,
        sum(amount) over (partition by order_key) as whole
    from order_weights
),

moved_lines as (
    select
        moved.event_id,
        moved.moved_on as event_date,
        moved.employee_no,
        moved.department_id,
        coalesce(weights.product_line, 'unassigned') as product_line,
        coalesce(weights.product_code, 'unassigned') as product_code,
        case
            when weights.order_key is null then moved.amount
            else {{ share_of('moved.amount', 'weights.to_here', 'weights.whole') }}
                - {{ share_of('moved.amount', '(weights.to_here - weights.amount)', 'weights.whole') }}
        end as amount,
        -- a change or a return says money, not pieces: as large a part of the pieces as of the money
        cast({{ share_of('weights.quantity', 'moved.amount', 'weights.whole', places=6) }} as decimal(18, 6)) as quantity
    from moved
    left join cumulated_weights as weights on moved.order_key = weights.order_key and weights.whole <> 0
),

by_line as (
    select event_id, event_date, employee_no, department_id, product_line, product_code, amount, quantity from lines
    union all
    select event_id, event_date, employee_no, department_id, product_line, product_code, amount, quantity from moved_lines
),

-- What takes back answers to those whose order it was on the day it was signed.
signed as (
    select
        order_key as event_id, order_key, order_date as credit_day, order_date as event_date, customer_key, employee_no, department_id, channel,
        settlement, tier, net_amount_base as amount, 1 as orders, net_amount_base as bought,
        0 as returned, 1 as is_order
    from orders
    union all
    select
        return_key, order_key, credit_day, return_date, customer_key, employee_no, department_id, channel, settlement, tier, -net_amount_base, 0, 0,
        net_amount_base, 0
    from returns
    union all
    select
        event_id, order_key, order_date, moved_on, customer_key, employee_no, department_id, channel, settlement, tier, net_amount_base, orders, net_amount_base,
        0, 0
    from changed
)

{% for metric_id, numerator, denominator, condition in [
    ('signed_sales', 'amount', '0', 'true'),
    ('orders', 'orders', '0', 'orders <> 0'),
    ('average_deal', 'amount', 'orders', 'true'),
    ('average_deal_median', 'amount', '1', 'is_order = 1'),
    ('customer_value', 'amount', 'orders', 'customer_key is not null'),
    ('return_rate', 'returned', 'bought', 'true'),
    ('repurchase_rate', '1', '1', 'is_order = 1 and customer_key is not null'),
] %}
{%- for axis, member in [('organisation', "'all'"), ('channel', 'channel'), ('settlement', 'settlement'), ('tier', 'tier')]
    if axis == 'organisation' or metric_id in ['signed_sales', 'orders', 'average_deal', 'return_rate'] %}
select
    '{{ metric_id }}' as metric_id, '{{ axis }}' as axis, event_id, order_key, credit_day, customer_key as entity_id, event_date, employee_no,
    department_id, {{ member }} as member, {{ numerator }} as numerator, {{ denominator }} as denominator
from signed
where {{ condition }}
union all
{%- endfor %}
{% endfor %}
select
    'signed_sales' as metric_id, 'customer' as axis, event_id, order_key, credit_day, customer_key as entity_id, event_date, employee_no, department_id,
    customer_key as member, amount as numerator, 0 as denominator
from signed
where customer_key in (select scope_id from {{ ref('int_targets') }} where scope_type = 'customer')
union all
select
    'signed_sales' as metric_id, 'product_line' as axis, event_id, cast(null as {{ dbt.type_string() }}) as order_key, event_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, event_date,
    employee_no, department_id, product_line as member, sum(amount) as numerator, 0 as denominator
from by_line
group by event_id, event_date, employee_no, department_id, product_line
union all
select
    'signed_sales' as metric_id, 'product' as axis, event_id, cast(null as {{ dbt.type_string() }}) as order_key, event_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, event_date,
    employee_no, department_id, product_code as member, amount as numerator, 0 as denominator
from by_line
union all
select
    'sales_quantity' as metric_id, 'product' as axis, event_id, cast(null as {{ dbt.type_string() }}) as order_key, event_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, event_date,
    employee_no, department_id, product_code as member, quantity as numerator, 0 as denominator
from by_line
where quantity is not null
union all
{% for metric_id, numerator, denominator, condition in [
    ('price_realisation', 'amount', 'list_amount_base', 'list_amount_base <> 0'),
    ('below_floor_rate', 'case when amount < floor_base then 1 else 0 end', '1', 'floor_base is not null'),
    ('below_floor_amount', 'greatest(floor_base - amount, 0)', '0', 'floor_base is not null'),
    ('gross_profit', 'amount - cost_base', '0', 'cost_base is not null'),
    ('gross_margin_rate', 'amount - cost_base', 'amount', 'cost_base is not null'),
] %}
{%- set outer_loop = loop %}
{%- for axis, member in [('organisation', "'all'"), ('product_line', 'product_line')] + ([('channel', 'channel')] if metric_id.startswith('gross_') else []) %}
select
    '{{ metric_id }}' as metric_id, '{{ axis }}' as axis, event_id, order_key, event_date as credit_day,
    cast(null as {{ dbt.type_string() }}) as entity_id, event_date, employee_no, department_id, {{ member }} as member,
    {{ numerator }} as numerator, {{ denominator }} as denominator
from lines
where {{ condition }}
{% if not (loop.last and outer_loop.last) %}union all{% endif %}
{%- endfor %}
{% endfor %}
