select
    history.employee_no,
    history.name,
    history.department_id,
    history.department_name,
    history.manager_no,
    history.role,
    history.region,
    history.hire_date,
    history.leave_date,
    coalesce(history.hire_date, clocks.as_of) <= clocks.as_of
    and coalesce(history.leave_date, clocks.as_of) >= clocks.as_of as is_active
from {{ ref('dim_employee_history') }} as history
cross join {{ ref('clocks') }} as clocks
where history.effective_from <= clocks.as_of and clocks.as_of < history.effective_to
