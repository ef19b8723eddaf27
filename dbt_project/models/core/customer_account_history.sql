select
    {{ hash_key('crm', "account_id || ' ' || cast(valid_from as " ~ dbt.type_string() ~ ")") }} as history_key,
    md5(customer) as customer_key,
    crm,
    account_id,
    account_name,
    joined_to,
    rule,
    likeness,
    evidence,
    is_gone,
    valid_to is null as is_current,
    valid_from,
    valid_to
from {{ ref('stg_ops__customer_accounts') }}
