-- The ex-VAT shares of an order that is paid in full, to the cent, are its net amount.
-- A row here: telescoping that lost a part.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'fct_payments'}}}) }}
select
    payments.order_key,
    payments.net_amount_base,
    orders.net_amount_base as of_order
from (
    select order_key, sum(order_currency_amount) as paid, sum(net_amount_base) as net_amount_base
    from {{ ref('fct_payments') }}
    where is_cash and order_key is not null
    group by order_key
) as payments
inner join {{ ref('fct_orders') }} as orders on payments.order_key = orders.order_key
where payments.paid = orders.gross_amount and payments.net_amount_base <> orders.net_amount_base
