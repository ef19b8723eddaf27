with newest as (
    {{ newest_versions('zoho', 'users') }}
)

select
    key as user_id,
    full_name,
    {{ optional_column('zoho', 'users', 'employee_no', dbt.type_string()) }} as employee_no,
    status,
    mobile,
    reporting_to_id
from newest
