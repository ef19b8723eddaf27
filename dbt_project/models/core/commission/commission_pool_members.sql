select
    pool_id,
    period,
    employee_no as payee_no,
    cast(share as decimal(38, 10)) as share,
    days
from {{ ref('stg_company__pool_members') }}
