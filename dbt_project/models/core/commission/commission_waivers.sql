select
    employee_no as payee_no,
    month,
    gate_id,
    approved_by
from {{ ref('stg_company__gate_waivers') }}
