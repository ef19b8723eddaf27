select
    employee_no as payee_no,
    month,
    cast(wages as decimal(38, 10)) as wages,
    cast(minimum_wage as decimal(38, 10)) as minimum_wage
from {{ ref('stg_company__wages') }}
