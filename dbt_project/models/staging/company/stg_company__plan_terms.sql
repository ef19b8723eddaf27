with newest as (
    {{ newest_versions('company', 'plan_terms') }}
)

select
    plan_id,
    cast(plan_version as integer) as plan_version,
    plan_hash,
    kind,
    component_id,
    cast(term_no as integer) as term_no,
    cast(part_no as integer) as part_no,
    currency_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    body
from newest
