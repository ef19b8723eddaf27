with newest as (
    {{ newest_versions('fxiaoke', 'users') }}
)

select
    key as user_id,
    full_name,
    employee_no,
    department_id as crm_department_id,
    position,
    mobile,
    leader_id,
    coalesce(is_stopped, false) as is_stopped,
    cast(hire_date as date) as hire_date
from newest
