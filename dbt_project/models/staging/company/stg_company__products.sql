with newest as (
    {{ newest_versions('company', 'products') }}
)

select
    product_code,
    fxiaoke_product_id,
    zoho_product_id,
    name,
    product_line,
    category,
    variant_of,
    tags,
    cast(subscription_months as integer) as subscription_months,
    unit,
    cast(list_price as decimal(18, 4)) as list_price,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
