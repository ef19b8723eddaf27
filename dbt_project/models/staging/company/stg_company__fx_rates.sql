with newest as (
    {{ newest_versions('company', 'fx_rates') }}
)

select
    rate_type,
    currency_code,
    cast(rate as decimal(12, 6)) as rate,
    coalesce(is_locked, false) as is_locked,
    cast(rate_date as date) as rate_date
from newest
