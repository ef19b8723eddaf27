select
    as_of,
    known_at,
    company_name,
    currency_code,
    time_zone,
    fiscal_year_start_month
from {{ ref('stg_ops__clocks') }}
