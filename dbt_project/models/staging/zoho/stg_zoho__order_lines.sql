with newest as (
    {{ newest_versions('zoho', 'order_lines') }}
)

select
    key as order_line_id,
    order_id,
    product_id,
    cast(quantity as decimal(18, 6)) as quantity,
    cast(list_price as decimal(18, 4)) as list_price,
    cast(coalesce(cast(total as decimal(18, 6)) - coalesce(discount, 0), net_total - coalesce(tax, 0), 0) as decimal(18, 6)) as line_value
from newest
