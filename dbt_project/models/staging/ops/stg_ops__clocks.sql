select
    cast(as_of as date) as as_of,
    cast(known_at as timestamp) as known_at,
    company_name,
    currency_code,
    time_zone,
    cast(coalesce(fiscal_year_start_month, 1) as integer) as fiscal_year_start_month
from {{ run_input('clocks') }}
