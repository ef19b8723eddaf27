select
    department_id,
    department_name,
    crm
from {{ run_input('departments') }}
