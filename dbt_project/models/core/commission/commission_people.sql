select
    employee_no as payee_no,
    effective_from as valid_from,
    case when effective_to < cast('9999-12-31' as date) then effective_to - 1 end as valid_to,
    name,
    manager_no,
    coalesce(department_name, department_id) as department,
    role,
    region,
    hire_date,
    leave_date
from {{ ref('dim_employee_history') }}
