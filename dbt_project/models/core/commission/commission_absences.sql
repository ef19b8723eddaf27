select
    employee_no as payee_no,
    first_day,
    last_day
from {{ ref('stg_company__absences') }}
