with newest as (
    {{ newest_versions('company', 'customer_links') }}
)

select
    crm,
    account_id,
    other_crm,
    other_account_id,
    decision,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
