with newest as (
    {{ newest_versions('company', 'tax_rates') }}
)

select
    tax_code,
    cast(rate as decimal(9, 6)) as rate,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
