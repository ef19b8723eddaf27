with ranked as (
    select
        products.*,
        row_number() over (
            partition by products.product_code
            order by
                case when {{ holds_on('products', 'clocks.as_of') }} then 0 else 1 end,
                products.valid_from desc nulls last
        ) as place
    from {{ ref('stg_company__products') }} as products
    cross join {{ ref('stg_ops__clocks') }} as clocks
)

select
    product_code,
    name,
    product_line,
    category,
    variant_of,
    tags,
    unit,
    list_price,
    fxiaoke_product_id,
    zoho_product_id
from ranked
where place = 1
