{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What a line cost: at the cost in effect on its delivery, or on the day of the order where no delivery is known.
with delivered as (
    select numbers.order_key, deliveries.product_code, min(deliveries.delivery_date) as delivery_date
    from {{ ref('stg_company__deliveries') }} as deliveries
    inner join {{ ref('int_order_numbers') }} as numbers on deliveries.crm = numbers.crm and deliveries.order_no = numbers.order_no
    group by numbers.order_key, deliveries.product_code
),

dated as (
    select
        lines.order_line_key,
        lines.product_code,
        lines.quantity,
        lines.net_amount_base,
        coalesce(delivered.delivery_date, orders.order_date) as cost_date
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key and orders.is_counted
    left join delivered on lines.order_key = delivered.order_key and lines.product_code = delivered.product_code
)

select
    dated.order_line_key,
    {{ in_base(
        'cast(dated.quantity as decimal(18, 4)) * costs.unit_cost',
        'case when coalesce(costs.currency_code, clocks.currency_code) = clocks.currency_code then cast(1 as decimal(12, 6)) else rates.rate end'
    ) }} as cost_base
from dated
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('stg_company__cost_table') }} as costs
    on dated.product_code = costs.product_code and {{ holds_on('costs', 'dated.cost_date') }}
left join {{ ref('int_exchange_rates') }} as rates
    on rates.rate_type = 'market'
    and costs.currency_code = rates.currency_code
    and rates.valid_from <= dated.cost_date
    and dated.cost_date < rates.valid_to
