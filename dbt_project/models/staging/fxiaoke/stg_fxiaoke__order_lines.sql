with newest as (
    {{ newest_versions('fxiaoke', 'order_lines') }}
)

select
    key as order_line_id,
    order_id,
    product_id,
    life_status,
    cast(quantity as decimal(18, 6)) as quantity,
    cast(list_price as decimal(18, 4)) as list_price,
    cast(coalesce(subtotal, cast(sales_price as decimal(18, 4)) * cast(quantity as decimal(18, 6)), 0) as decimal(18, 6)) as line_value
from newest
