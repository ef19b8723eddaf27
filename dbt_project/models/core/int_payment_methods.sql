{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What a way of payment is: the company's word, else the default.
with decided as (
    select methods.source, methods.code, methods.method, methods.is_cash, methods.is_drawdown
    from {{ ref('stg_company__payment_methods') }} as methods
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('methods', 'clocks.as_of') }}
)

select source, code, method, is_cash, is_drawdown from decided
union all
select defaults.source, defaults.code, defaults.method, defaults.is_cash, defaults.is_drawdown
from {{ ref('payment_methods') }} as defaults
left join decided on defaults.source = decided.source and defaults.code = decided.code
where decided.code is null
