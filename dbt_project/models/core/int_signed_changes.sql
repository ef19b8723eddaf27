{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What a signed order that was amended or cancelled moves between days: its own day keeps what was signed then, the difference falls on the
-- day of the change. Rows of an order add up to nothing, so beside the orders that count they change periods, never the whole.
-- Of what changed before our first pull nobody knows: there the order stands as it is. A deleted record was never one (A1).
with orders as (
    select * from {{ ref('fct_orders') }}
),

days as (
    select days.*, clocks.as_of
    from {{ ref('int_order_days') }} as days
    cross join {{ ref('clocks') }} as clocks
),

starts as (
    select orders.order_key, greatest(orders.order_date, min(days.changed_on)) as starts_on
    from orders
    inner join days on orders.order_key = days.order_key
    where days.is_counted
    group by orders.order_key, orders.order_date
),

states as (
    select
        days.order_key,
        days.changed_on <= starts.starts_on as is_first,
        -- what is known already tonight belongs to the day that the night tells of
        least(days.changed_on, days.as_of) as changed_on,
        days.next_on,
        days.is_counted,
        case when days.is_counted then days.header_amount end as header_amount,
        max(case when days.next_on = cast('9999-12-31' as date) then days.header_amount end) over (partition by days.order_key) as header_now
    from days
    inner join starts on days.order_key = starts.order_key
    where days.next_on > starts.starts_on
),

worth as (
    select
        states.order_key,
        states.is_first,
        case when states.is_first then orders.order_date else states.changed_on end as moved_on,
        states.next_on,
        case when states.is_counted then 1 else 0 end as orders,
        cast(coalesce(case
            when states.header_amount = states.header_now then orders.net_amount_base
            else {{ share_of('orders.net_amount_base', 'states.header_amount', 'states.header_now') }}
        end, 0) as decimal(18, 4)) as amount
    from states
    inner join orders on states.order_key = orders.order_key
),

-- The first state stands against the order as it counts now, each later one against the one before it.
moved as (
    select
        worth.order_key,
        worth.moved_on,
        worth.orders - case
            when worth.is_first then case when orders.is_counted then 1 else 0 end
            else lag(worth.orders) over (partition by worth.order_key order by worth.next_on)
        end as orders,
        cast(worth.amount - case
            when worth.is_first then case when orders.is_counted then orders.net_amount_base else 0 end
            else lag(worth.amount) over (partition by worth.order_key order by worth.next_on)
        end as decimal(18, 4)) as amount
    from worth
    inner join orders on worth.order_key = orders.order_key
)

select
    moved.order_key,
    orders.crm,
    orders.customer_key,
    orders.order_date,
    orders.employee_no,
    case when moved.moved_on = orders.order_date then orders.department_id else coalesce(history.department_id, orders.department_id) end as department_id,
    moved.moved_on,
    sum(moved.orders) as orders,
    cast(sum(moved.amount) as decimal(18, 4)) as net_amount_base
from moved
inner join orders on moved.order_key = orders.order_key
left join {{ ref('dim_employee_history') }} as history
    on orders.employee_no = history.employee_no
    and history.effective_from <= moved.moved_on
    and moved.moved_on < history.effective_to
where moved.orders <> 0 or moved.amount <> 0
group by moved.order_key, orders.crm, orders.customer_key, orders.employee_no, orders.department_id, orders.order_date, history.department_id, moved.moved_on
