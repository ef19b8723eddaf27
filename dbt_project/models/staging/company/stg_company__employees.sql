with newest as (
    {{ newest_versions('company', 'employees') }}
)

select
    employee_no,
    department_id,
    manager_no,
    fxiaoke_user_id,
    zoho_user_id,
    name,
    role,
    region,
    cast(hire_date as date) as hire_date,
    cast(leave_date as date) as leave_date,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
