{%- set text = dbt.type_string() -%}
-- 1. Orders as of their signature: what customer it was then, when it was billed.
with order_days as (
    select
        customer_key,
        order_date,
        lag(order_date) over (partition by customer_key order by order_date) as previous_on
    from (select distinct customer_key, order_date from {{ ref('fct_orders') }} where is_counted and customer_key is not null) as days
),

classes as (
    select
        accounts.customer_key,
        told.customer_class,
        told.customer_tier,
        told.tags,
        told.valid_from,
        told.valid_to
    from {{ ref('stg_company__customer_classes') }} as told
    inner join {{ ref('int_customer_accounts') }} as accounts on told.crm = accounts.crm and told.account_id = accounts.account_id
),

bills as (
    select order_key, min(invoice_date) as invoice_date
    from {{ ref('int_instalments') }}
    where order_key is not null
    group by order_key
),

orders as (
    select
        orders.order_key,
        orders.crm,
        orders.customer_key,
        orders.employee_no,
        orders.order_date,
        orders.currency_code,
        orders.fx_rate,
        orders.net_amount,
        orders.gross_amount,
        settings.order_amounts,
        bills.invoice_date,
        classes.customer_tier,
        coalesce(classes.tags, '') as customer_tags,
        coalesce(classes.customer_class, case
            when orders.customer_key is null then null
            when order_days.previous_on is null then 'new'
            when order_days.previous_on < {{ add_months('orders.order_date', '-24') }} then 'reactivated'
            else 'renew'
        end) as customer_class,
        row_number() over (partition by orders.order_key order by classes.valid_from desc nulls last, classes.customer_class) as place
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_crms') }} as settings on orders.crm = settings.crm
    left join order_days on orders.customer_key = order_days.customer_key and orders.order_date = order_days.order_date
    left join classes on orders.customer_key = classes.customer_key and {{ holds_on('classes', 'orders.order_date') }}
    left join bills on orders.order_key = bills.order_key
),

-- 2. Their lines, each with what stands before it, so that values can be laid over them.
numbered as (
    select
        lines.order_line_key,
        lines.order_key,
        lines.product_code as sku,
        coalesce(products.variant_of, lines.product_code) as product_code,
        case when products.variant_of is not null then lines.product_code end as variant,
        products.category,
        lines.product_line,
        coalesce(products.tags, '') as tags,
        cast(coalesce(lines.quantity, 0) as decimal(18, 4)) as quantity,
        lines.net_amount,
        orders.currency_code,
        orders.fx_rate,
        orders.order_amounts,
        orders.net_amount as order_net,
        orders.gross_amount as order_gross,
        coalesce({{ share_of('lines.net_amount', '1', 'subscriptions.subscription_months') }}, 0) as mrr,
        coalesce(floors.floor_price, lines.list_price) * lines.quantity as expected_amount,
        row_number() over (partition by lines.order_key order by lines.order_line_key) as line_no,
        count(*) over (partition by lines.order_key) as line_count,
        cast(sum(coalesce(lines.quantity, 0)) over (partition by lines.order_key, lines.product_code) as decimal(18, 4)) as sku_quantity,
        cast(sum(lines.net_amount) over (
            partition by lines.order_key order by lines.order_line_key rows between unbounded preceding and current row
        ) as decimal(18, 4)) as net_to
    from {{ ref('fct_order_lines') }} as lines
    inner join orders on lines.order_key = orders.order_key and orders.place = 1
    left join {{ ref('dim_products') }} as products on lines.product_code = products.product_code
    left join {{ ref('stg_company__products') }} as subscriptions
        on lines.product_code = subscriptions.product_code and {{ holds_on('subscriptions', 'orders.order_date') }}
    left join {{ ref('stg_company__price_floor') }} as floors
        on lines.product_code = floors.product_code
        and orders.currency_code = floors.currency_code
        and {{ holds_on('floors', 'orders.order_date') }}
),

-- 3. Deliveries by line, each at the cost of its day; a delivery that names no quantity is all of the line.
shipped as (
    select
        told.delivery_id,
        told.delivery_date,
        lines.order_line_key,
        lines.order_key,
        case
            when told.quantity is null then lines.quantity
            else cast({{ share_of('told.quantity', 'lines.quantity', 'lines.sku_quantity') }} as decimal(18, 4))
        end as quantity,
        case
            when costs.currency_code = lines.currency_code then costs.unit_cost
            when costs.currency_code = clocks.currency_code
                then cast({{ share_of('costs.unit_cost', '1', 'lines.fx_rate', scale=6) }} as decimal(18, 4))
        end as unit_cost
    from {{ ref('stg_company__deliveries') }} as told
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_order_numbers') }} as named on told.crm = named.crm and told.order_no = named.order_no
    inner join numbered as lines
        on named.order_key = lines.order_key and (told.product_code is null or told.product_code = lines.sku)
    left join {{ ref('stg_company__cost_table') }} as costs
        on lines.sku = costs.product_code and {{ holds_on('costs', 'told.delivery_date') }}
    where told.delivery_date <= clocks.as_of
),

line_costs as (
    select
        order_line_key,
        max(delivery_date) as delivery_date,
        cast(sum(quantity) as decimal(18, 4)) as quantity,
        cast(sum(cast(quantity as decimal(18, 4)) * unit_cost) as decimal(18, 4)) as amount,
        count(*) = count(unit_cost) as is_known
    from shipped
    group by order_line_key
),

-- Margin is known when every delivery has its cost; an undelivered line has none.
lines as (
    select
        numbered.*,
        line_costs.delivery_date,
        case
            when numbered.order_net = 0 then numbered.order_gross
            else cast({{ share_of('numbered.order_gross', 'numbered.net_to', 'numbered.order_net') }} as decimal(18, 4))
        end as gross_to,
        case
            when numbered.order_net = 0 then case when numbered.line_no = 1 then 0 else numbered.order_gross end
            else cast({{ share_of('numbered.order_gross', 'numbered.net_to - numbered.net_amount', 'numbered.order_net') }} as decimal(18, 4))
        end as gross_from,
        cast(case
            when line_costs.is_known
                then coalesce({{ share_of('numbered.net_amount', 'line_costs.quantity', 'numbered.quantity') }}, 0) - line_costs.amount
            else 0
        end as decimal(18, 4)) as margin
    from numbered
    left join line_costs on numbered.order_line_key = line_costs.order_line_key
),

measured as (
    select
        lines.*,
        cast(gross_to - gross_from as decimal(18, 4)) as gross_amount,
        cast(case order_amounts when 'ex_tax' then net_amount else gross_to - gross_from end as decimal(18, 4)) as asked_amount,
        cast(sum(quantity) over (partition by order_key order by line_no rows between unbounded preceding and current row) as decimal(18, 4)) as quantity_to,
        {% for name in ['margin', 'mrr'] -%}
        cast(sum({{ name }}) over (partition by order_key order by line_no rows between unbounded preceding and current row) as decimal(18, 4)) as {{ name }}_to{{ ',' if not loop.last }}
        {% endfor -%}
    from lines
),

-- 4. How an order is told: whole, and line by line where it has several.
whole_lines as (
    select
        order_key,
        count(*) as line_count,
        max(delivery_date) as delivery_date,
        sum(quantity) as quantity,
        sum(margin) as margin,
        sum(mrr) as mrr,
        {% for name in ['product_line', 'product_code', 'variant', 'category'] -%}
        case when count({{ name }}) = count(*) and min({{ name }}) = max({{ name }}) then min({{ name }}) end as {{ name }},
        {% endfor -%}
        case when min(tags) = max(tags) then min(tags) else '' end as tags,
        cast(sum(expected_amount) as decimal(18, 4)) as expected_amount,
        sum(case when expected_amount is not null then asked_amount end) as asked_amount
    from measured
    group by order_key
),

told as (
    select
        orders.order_key,
        case when lines.line_count > 1 then 'whole' else 'any' end as grain,
        '' as suffix,
        cast(0 as decimal(18, 4)) as net_from,
        orders.net_amount as net_to,
        cast(0 as decimal(18, 4)) as gross_from,
        orders.gross_amount as gross_to,
        cast(0 as decimal(18, 4)) as margin_from,
        cast(coalesce(lines.margin, 0) as decimal(18, 4)) as margin_to,
        cast(0 as decimal(18, 4)) as mrr_from,
        cast(coalesce(lines.mrr, 0) as decimal(18, 4)) as mrr_to,
        cast(0 as decimal(18, 4)) as quantity_from,
        cast(coalesce(lines.quantity, 0) as decimal(18, 4)) as quantity_to,
        lines.delivery_date,
        lines.product_line,
        lines.product_code,
        lines.variant,
        lines.category,
        coalesce(lines.tags, '') as tags,
        coalesce({{ ratio('(lines.expected_amount - lines.asked_amount)', 'lines.expected_amount') }}, 0) as discount_rate
    from orders
    left join whole_lines as lines on orders.order_key = lines.order_key
    where orders.place = 1
    union all
    select
        order_key,
        'line' as grain,
        ':' || order_line_key as suffix,
        net_to - net_amount as net_from,
        net_to,
        gross_from,
        gross_to,
        margin_to - margin as margin_from,
        margin_to,
        mrr_to - mrr as mrr_from,
        mrr_to,
        quantity_to - quantity as quantity_from,
        quantity_to,
        delivery_date,
        product_line,
        product_code,
        variant,
        category,
        tags,
        coalesce({{ ratio('(expected_amount - asked_amount)', 'expected_amount') }}, 0) as discount_rate
    from measured
    where line_count > 1
),

-- 5. Every event of an order as it is told.
of_orders as (
    select
        moves.event_id || told.suffix as event_id,
        moves.event_type,
        moves.order_key,
        moves.event_date,
        moves.posting_date,
        moves.first_seen_on,
        moves.bill_maturity_date,
        moves.original_event_id || told.suffix as original_event_id,
        told.grain,
        told.suffix,
        {{ moved('net') }} as amount_ex_tax,
        {{ moved('gross') }} as amount_incl_tax,
        {{ moved('margin') }} as gross_margin,
        {{ moved('mrr') }} as mrr,
        {{ moved('quantity') }} as quantity,
        cast(case when moves.event_type = 'cash_applied' then told.net_to - told.net_from end as decimal(38, 10)) as transaction_total,
        moves.is_cash,
        moves.method,
        case when moves.due_date < moves.event_date then {{ days_between('moves.due_date', 'moves.event_date') }} else 0 end as days_past_due
    from {{ ref('int_commission_movements') }} as moves
    inner join told on moves.order_key = told.order_key
),

paths as (
    select
        shipped.*,
        cast(sum(shipped.quantity) over (
            partition by shipped.order_line_key order by shipped.delivery_date, shipped.delivery_id
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as reaches,
        min(shipped.delivery_id) over (partition by shipped.order_line_key) as first_delivery_id
    from shipped
),

delivered_lines as (
    select
        shipped.delivery_id,
        shipped.first_delivery_id,
        shipped.order_key,
        shipped.delivery_date,
        shipped.quantity,
        lines.line_count,
        ':' || lines.order_line_key as suffix,
        {{ worth_between('lines.net_amount', 'shipped.reaches - shipped.quantity', 'shipped.reaches', 'lines.quantity') }} as amount_ex_tax,
        {{ worth_between('lines.gross_amount', 'shipped.reaches - shipped.quantity', 'shipped.reaches', 'lines.quantity') }} as amount_incl_tax,
        {{ worth_between('lines.mrr', 'shipped.reaches - shipped.quantity', 'shipped.reaches', 'lines.quantity') }} as mrr,
        cast(shipped.quantity * shipped.unit_cost as decimal(28, 10)) as cost
    from paths as shipped
    inner join measured as lines on shipped.order_line_key = lines.order_line_key
),

delivered as (
    select
        delivery_id, first_delivery_id, order_key, delivery_date, suffix, 'line' as grain, quantity, amount_ex_tax, amount_incl_tax, mrr, cost
    from delivered_lines
    where line_count > 1
    union all
    select
        delivery_id,
        min(first_delivery_id) as first_delivery_id,
        order_key,
        delivery_date,
        '' as suffix,
        case when min(line_count) > 1 then 'whole' else 'any' end as grain,
        sum(quantity) as quantity,
        sum(amount_ex_tax) as amount_ex_tax,
        sum(amount_incl_tax) as amount_incl_tax,
        sum(mrr) as mrr,
        case when count(*) = count(cost) then sum(cost) end as cost
    from delivered_lines
    group by delivery_id, order_key, delivery_date
),

events as (
    select * from of_orders
    union all
    select
        {{ hash_key("'company'", "'delivery:' || delivery_id") }} || suffix as event_id,
        'delivered' as event_type,
        order_key,
        delivery_date as event_date,
        cast(null as date) as posting_date,
        cast(null as date) as first_seen_on,
        cast(null as date) as bill_maturity_date,
        case when quantity < 0 then {{ hash_key("'company'", "'delivery:' || first_delivery_id") }} || suffix end as original_event_id,
        grain,
        suffix,
        cast(amount_ex_tax as decimal(38, 10)) as amount_ex_tax,
        cast(amount_incl_tax as decimal(38, 10)) as amount_incl_tax,
        cast(coalesce(cast(amount_ex_tax as decimal(28, 10)) - cost, 0) as decimal(38, 10)) as gross_margin,
        cast(mrr as decimal(38, 10)) as mrr,
        cast(quantity as decimal(38, 10)) as quantity,
        cast(null as decimal(38, 10)) as transaction_total,
        true as is_cash,
        cast(null as {{ text }}) as method,
        0 as days_past_due
    from delivered
),

-- 6. What belongs to no order: cash that settles nothing yet, returns and invoices that name none. They earn nobody anything, aloud.
loose as (
    select
        payments.payment_key as event_id, 'cash_applied' as event_type, payments.payment_date as event_date, payments.posting_date,
        payments.currency_code as currency, cast(0 as decimal(38, 10)) as amount_ex_tax,
        cast(payments.amount as decimal(38, 10)) as amount_incl_tax, payments.employee_no, payments.customer_key, payments.crm,
        payments.method, payments.is_cash, payments.is_applied
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('fct_orders') }} as settled on payments.order_key = settled.order_key
    where not payments.is_applied or not coalesce(settled.is_counted, false)
    union all
    select
        returns.return_key as event_id, 'signed' as event_type, returns.return_date as event_date, cast(null as date) as posting_date,
        clocks.currency_code as currency, cast(-returns.net_amount_base as decimal(38, 10)) as amount_ex_tax,
        cast(-returns.gross_amount_base as decimal(38, 10)) as amount_incl_tax,
        returns.employee_no, returns.customer_key, returns.crm, cast(null as {{ text }}) as method, true as is_cash, true as is_applied
    from {{ ref('fct_returns') }} as returns
    cross join {{ ref('clocks') }} as clocks
    where returns.order_key is null
    union all
    select
        {{ hash_key('crm', "'invoice:' || invoice_no") }} as event_id, 'invoiced' as event_type, min(invoice_date) as event_date,
        cast(null as date) as posting_date, min(currency_code) as currency, cast(0 as decimal(38, 10)) as amount_ex_tax,
        cast(sum(billed_amount) as decimal(38, 10)) as amount_incl_tax, cast(null as {{ text }}) as employee_no,
        cast(null as {{ text }}) as customer_key, crm, cast(null as {{ text }}) as method, true as is_cash, true as is_applied
    from {{ ref('int_instalments') }}
    group by crm, invoice_no
    having count(order_key) = 0
),

placed as (
    select
        events.*,
        orders.order_date as signed_date,
        orders.currency_code as currency,
        orders.employee_no as owner_at_signature,
        owners.employee_no as owner_at_event,
        orders.customer_key,
        orders.customer_class,
        orders.customer_tier,
        orders.crm,
        orders.invoice_date as order_invoice_date,
        told.delivery_date as order_delivery_date,
        told.product_line,
        told.product_code,
        told.variant,
        told.category,
        told.discount_rate,
        coalesce({{ ratio('(told.margin_to - told.margin_from)', '(told.net_to - told.net_from)') }}, 0) as margin_rate,
        {{ sorted_tags("told.tags || '|' || orders.customer_tags") }} as tags
    from events
    inner join orders on events.order_key = orders.order_key and orders.place = 1
    inner join told on events.order_key = told.order_key and events.suffix = told.suffix
    left join {{ ref('int_order_days') }} as days
        on events.order_key = days.order_key
        and (days.day_no = 1 or days.changed_on <= events.event_date)
        and events.event_date < days.next_on
    left join {{ ref('int_owners') }} as owners
        on orders.crm = owners.crm
        and days.owner_id = owners.user_id
        and owners.effective_from <= events.event_date
        and events.event_date < owners.effective_to
)

select
    placed.event_id,
    placed.event_type,
    placed.order_key as transaction_id,
    placed.event_date,
    cast(null as timestamp) as event_time,
    case when placed.event_type = 'signed' then placed.event_date else placed.signed_date end as order_date,
    case when placed.event_type = 'delivered' then placed.event_date else placed.order_delivery_date end as delivery_date,
    case when placed.event_type = 'invoiced' then placed.event_date else placed.order_invoice_date end as invoice_date,
    case when placed.event_type = 'cash_applied' then placed.event_date end as bank_value_date,
    placed.posting_date,
    placed.signed_date,
    placed.first_seen_on,
    placed.bill_maturity_date,
    placed.original_event_id,
    placed.grain,
    placed.currency,
    placed.amount_ex_tax,
    placed.amount_incl_tax,
    placed.gross_margin,
    placed.quantity,
    placed.mrr,
    placed.transaction_total,
    placed.owner_at_signature,
    placed.owner_at_event,
    placed.is_cash,
    true as is_applied,
    placed.product_line,
    placed.product_code,
    placed.variant,
    placed.category,
    placed.customer_key,
    placed.customer_class,
    placed.customer_tier,
    history.region,
    coalesce(history.department_name, history.department_id) as department,
    placed.crm,
    placed.method,
    placed.tags,
    cast(placed.days_past_due as decimal(38, 10)) as days_past_due,
    cast(placed.discount_rate as decimal(38, 10)) as discount_rate,
    cast(placed.margin_rate as decimal(38, 10)) as margin_rate
from placed
left join {{ ref('dim_employee_history') }} as history
    on placed.owner_at_signature = history.employee_no
    and history.effective_from <= placed.event_date
    and placed.event_date < history.effective_to
cross join {{ ref('clocks') }} as clocks
where placed.event_date <= clocks.as_of
union all
select
    loose.event_id,
    loose.event_type,
    cast(null as {{ text }}) as transaction_id,
    loose.event_date,
    cast(null as timestamp) as event_time,
    case when loose.event_type = 'signed' then loose.event_date end as order_date,
    cast(null as date) as delivery_date,
    case when loose.event_type = 'invoiced' then loose.event_date end as invoice_date,
    case when loose.event_type = 'cash_applied' then loose.event_date end as bank_value_date,
    loose.posting_date,
    cast(null as date) as signed_date,
    cast(null as date) as first_seen_on,
    cast(null as date) as bill_maturity_date,
    cast(null as {{ text }}) as original_event_id,
    'any' as grain,
    loose.currency,
    loose.amount_ex_tax,
    loose.amount_incl_tax,
    cast(0 as decimal(38, 10)) as gross_margin,
    cast(0 as decimal(38, 10)) as quantity,
    cast(0 as decimal(38, 10)) as mrr,
    cast(null as decimal(38, 10)) as transaction_total,
    loose.employee_no as owner_at_signature,
    loose.employee_no as owner_at_event,
    loose.is_cash,
    loose.is_applied,
    cast(null as {{ text }}) as product_line,
    cast(null as {{ text }}) as product_code,
    cast(null as {{ text }}) as variant,
    cast(null as {{ text }}) as category,
    loose.customer_key,
    cast(null as {{ text }}) as customer_class,
    cast(null as {{ text }}) as customer_tier,
    history.region,
    coalesce(history.department_name, history.department_id) as department,
    loose.crm,
    loose.method,
    '' as tags,
    cast(0 as decimal(38, 10)) as days_past_due,
    cast(0 as decimal(38, 10)) as discount_rate,
    cast(0 as decimal(38, 10)) as margin_rate
from loose
left join {{ ref('dim_employee_history') }} as history
    on loose.employee_no = history.employee_no
    and history.effective_from <= loose.event_date
    and loose.event_date < history.effective_to
cross join {{ ref('clocks') }} as clocks
where loose.event_date <= clocks.as_of
