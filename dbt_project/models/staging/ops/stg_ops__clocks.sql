select
    cast(as_of as date) as as_of,
    cast(known_at as timestamp) as known_at,
    company_name,
    currency_code,
    time_zone
from {{ run_input('clocks') }}
