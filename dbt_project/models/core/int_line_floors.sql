{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- The least that a line may bring: the floor price in effect on the day of the order.
select
    lines.order_line_key,
    {{ in_base(
        'cast(lines.quantity as decimal(18, 4)) * floors.floor_price',
        'case when coalesce(floors.currency_code, clocks.currency_code) = clocks.currency_code then cast(1 as decimal(12, 6)) else rates.rate end'
    ) }} as floor_base
from {{ ref('fct_order_lines') }} as lines
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key and orders.is_counted
inner join {{ ref('stg_company__price_floor') }} as floors
    on lines.product_code = floors.product_code and {{ holds_on('floors', 'orders.order_date') }}
left join {{ ref('int_exchange_rates') }} as rates
    on rates.rate_type = 'market'
    and floors.currency_code = rates.currency_code
    and rates.valid_from <= orders.order_date
    and orders.order_date < rates.valid_to
