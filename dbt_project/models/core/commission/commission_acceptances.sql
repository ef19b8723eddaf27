select
    employee_no as payee_no,
    plan_id,
    plan_version as version,
    accepted_on
from {{ ref('stg_company__acceptances') }}
