select
    rate_type,
    currency_code as currency,
    rate_date,
    cast(rate as decimal(38, 10)) as rate
from {{ ref('stg_company__fx_rates') }}
