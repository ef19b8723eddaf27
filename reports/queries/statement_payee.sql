-- S01 收款人 | core.dim_employees
select
    employee_no,
    name,
    department_name,
    role
from core.dim_employees
where employee_no = $payee_no
