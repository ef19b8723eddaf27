with newest as (
    {{ newest_versions('zoho', 'users') }}
)

select
    key as user_id,
    full_name,
    status,
    reporting_to_id
from newest
