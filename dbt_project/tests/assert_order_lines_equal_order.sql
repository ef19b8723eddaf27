-- Lines of an order add up to its net amount, in its currency and in base.
-- A row here: a header discount that was spread wrongly.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
select
    orders.order_key,
    orders.net_amount,
    lines.net_amount as of_lines
from {{ ref('fct_orders') }} as orders
inner join (
    select order_key, sum(net_amount) as net_amount, sum(net_amount_base) as net_amount_base
    from {{ ref('fct_order_lines') }}
    group by order_key
) as lines on orders.order_key = lines.order_key
where orders.net_amount <> lines.net_amount or orders.net_amount_base <> lines.net_amount_base
