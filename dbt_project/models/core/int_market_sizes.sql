{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Own net sales are sales ex works, so only a market measured at that level compares with them.
select
    md5('market:' || sizes.row_key) as size_key,
    sizes.region,
    sizes.product_line,
    sizes.amount,
    sizes.grade,
    sizes.is_estimate,
    months.period_start as starts_on,
    months.period_end as ends_before
from {{ ref('stg_company__market_size') }} as sizes
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_period_months') }} as months on sizes.period = months.period and months.month = months.period_start
where sizes.price_level = 'factory' and months.period_end <= {{ days_after('clocks.as_of', 1) }}
