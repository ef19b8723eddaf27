with newest as (
    {{ newest_versions('fxiaoke', 'departments') }}
)

select
    key as crm_department_id,
    department_name,
    parent_id,
    coalesce(is_stopped, false) as is_stopped
from newest
