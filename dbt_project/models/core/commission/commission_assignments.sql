select
    employee_no as payee_no,
    plan_id,
    valid_from,
    valid_to
from {{ ref('stg_company__plan_assignments') }}
