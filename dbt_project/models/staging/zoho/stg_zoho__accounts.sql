with newest as (
    {{ newest_versions('zoho', 'accounts') }}
)

select
    key as account_id,
    owner_id,
    account_name,
    {{ optional_column('zoho', 'accounts', 'uscc', dbt.type_string()) }} as uscc,
    industry,
    billing_state as province,
    billing_city as city,
    billing_country as country,
    created_at,
    phone as phone,
    {{ local_date('coalesce(modified_at, pulled_at)', 'clocks.time_zone') }} as changed_on
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
