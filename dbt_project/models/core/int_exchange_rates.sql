{{ config(schema='intermediate', contract={'enforced': false}) }}


-- Of several rate types on one day the first by name is used; a rate holds until the next one.
with ranked as (
    select
        case when rate_type = 'budget' then 'budget' else 'market' end as rate_type,
        currency_code,
        rate_date,
        rate,
        row_number() over (
            partition by case when rate_type = 'budget' then 'budget' else 'market' end, currency_code, rate_date
            order by rate_type
        ) as place
    from {{ ref('stg_company__fx_rates') }}
)

select
    rate_type,
    currency_code,
    rate,
    rate_date as valid_from,
    coalesce(
        lead(rate_date) over (partition by rate_type, currency_code order by rate_date),
        cast('9999-12-31' as date)
    ) as valid_to
from ranked
where place = 1
