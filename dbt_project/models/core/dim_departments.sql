select
    department_id,
    department_name,
    crm
from {{ ref('stg_ops__departments') }}
