with newest as (
    {{ newest_versions('company', 'plan_assignments') }}
)

select
    employee_no,
    plan_id,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
