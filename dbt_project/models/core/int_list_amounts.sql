{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What a line would bring at list price, without VAT where the CRM's prices carry it.
select
    lines.order_line_key,
    {{ in_base(
        "case settings.order_amounts when 'incl_tax' then "
        ~ share_of('lines.quantity * lines.list_price', 'orders.net_amount', '(orders.gross_amount - orders.freight_amount)')
        ~ ' else cast(lines.quantity * lines.list_price as decimal(18, 4)) end',
        'orders.fx_rate'
    ) }} as list_amount_base
from {{ ref('fct_order_lines') }} as lines
inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
inner join {{ ref('int_crms') }} as settings on orders.crm = settings.crm
