select
    employee_no as payee_no,
    month,
    clause_id,
    cast(amount as decimal(38, 10)) as amount,
    evidence,
    approved_by
from {{ ref('stg_company__penalties') }}
