select
    as_of,
    known_at,
    company_name,
    currency_code,
    time_zone
from {{ ref('stg_ops__clocks') }}
