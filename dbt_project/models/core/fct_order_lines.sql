-- The order's net amount spread over its lines by line value with the largest remainder: a header discount reaches every line.
with lines as (
    select 'fxiaoke' as crm, order_line_id, order_id, product_id, quantity, list_price, line_value
    from {{ ref('stg_fxiaoke__order_lines') }}
    where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select 'zoho' as crm, order_line_id, order_id, product_id, quantity, list_price, line_value
    from {{ ref('stg_zoho__order_lines') }}
),

products as (
    select 'fxiaoke' as crm, fxiaoke_product_id as product_id, min(product_code) as product_code, min(product_line) as product_line
    from {{ ref('dim_products') }}
    where fxiaoke_product_id is not null
    group by fxiaoke_product_id
    union all
    select 'zoho' as crm, zoho_product_id as product_id, min(product_code) as product_code, min(product_line) as product_line
    from {{ ref('dim_products') }}
    where zoho_product_id is not null
    group by zoho_product_id
),

weighed as (
    select
        {{ hash_key('lines.crm', 'lines.order_line_id') }} as order_line_key,
        orders.order_key,
        lines.crm,
        lines.product_id,
        lines.quantity,
        lines.list_price,
        {{ units('lines.line_value', 6) }} as weight,
        sum({{ units('lines.line_value', 6) }}) over (partition by orders.order_key) as whole_weight,
        {{ units('orders.net_amount') }} as whole_units,
        {{ units('orders.net_amount_base') }} as whole_base_units
    from lines
    inner join {{ ref('fct_orders') }} as orders on lines.crm = orders.crm and lines.order_id = orders.order_id
),

divided as (
    select
        weighed.*,
        {{ whole_quotient('whole_units * weight', 'whole_weight') }} as part,
        {{ whole_quotient('whole_base_units * weight', 'whole_weight') }} as base_part
    from weighed
    where whole_weight <> 0
),

ranked as (
    select
        divided.*,
        whole_units - sum(part) over (partition by order_key) as missing,
        whole_base_units - sum(base_part) over (partition by order_key) as base_missing,
        row_number() over (
            partition by order_key order by abs(whole_units * weight - part * whole_weight) desc, order_line_key
        ) as place,
        row_number() over (
            partition by order_key order by abs(whole_base_units * weight - base_part * whole_weight) desc, order_line_key
        ) as base_place
    from divided
)

select
    ranked.order_line_key,
    ranked.order_key,
    products.product_code,
    products.product_line,
    ranked.quantity,
    ranked.list_price,
    cast({{ from_units('(ranked.part + ' ~ remainder_unit('ranked.missing', 'ranked.place') ~ ')') }} as decimal(18, 4)) as net_amount,
    cast({{ from_units('(ranked.base_part + ' ~ remainder_unit('ranked.base_missing', 'ranked.base_place') ~ ')') }} as decimal(18, 4)) as net_amount_base
from ranked
left join products on ranked.crm = products.crm and ranked.product_id = products.product_id
