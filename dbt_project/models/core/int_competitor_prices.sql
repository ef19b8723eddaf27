{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- New is the first sight of a competitor's price for a product and level in a month.
select
    md5('competitor_price:' || prices.observation_id) as observation_key,
    prices.competitor,
    prices.product_code,
    products.product_line,
    prices.price_level,
    prices.observed_on,
    prices.employee_no,
    history.department_id,
    prices.confirmed_by is not null as is_confirmed,
    prices.used_in is not null as is_used,
    row_number() over (
        partition by prices.competitor, prices.product_code, prices.price_level, {{ period_start('month', 'prices.observed_on') }}
        order by prices.observed_on, prices.observation_id
    ) = 1 as is_novel,
    case when prices.price_level = 'factory' then products.list_price end as list_price,
    case
        when prices.currency_code = clocks.currency_code then prices.price
        else {{ in_base('prices.price', 'rates.rate') }}
    end as price
from {{ ref('stg_company__competitor_price') }} as prices
cross join {{ ref('clocks') }} as clocks
left join {{ ref('dim_products') }} as products on prices.product_code = products.product_code
left join {{ ref('int_exchange_rates') }} as rates
    on rates.rate_type = 'market'
    and prices.currency_code = rates.currency_code
    and rates.valid_from <= prices.observed_on
    and prices.observed_on < rates.valid_to
left join {{ ref('dim_employee_history') }} as history
    on prices.employee_no = history.employee_no
    and history.effective_from <= prices.observed_on
    and prices.observed_on < history.effective_to
where prices.observed_on <= clocks.as_of
