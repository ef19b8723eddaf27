{{ config(schema='intermediate', contract={'enforced': false}) }}

-- A record may point at an account that is gone; it keeps its customer, so that its money is not lost.
with referenced as (
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__orders') }}
    union
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__opportunities') }}
    union
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__payments') }}
    union
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__orders') }}
    union
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__opportunities') }}
    union
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__invoices') }}
    union
    select crm, account_id from {{ ref('stg_company__ar_ledger') }}
    union
    select crm, account_id from {{ ref('stg_company__cash_receipts') }}
),

accounts as (
    select 'fxiaoke' as crm, account_id, uscc from {{ ref('stg_fxiaoke__accounts') }}
    where coalesce(life_status, 'normal') <> 'invalid'
    union all
    select 'zoho' as crm, account_id, uscc from {{ ref('stg_zoho__accounts') }}
),

present as (
    select crm, account_id, {{ written_code('uscc') }} as uscc from accounts
    union all
    select referenced.crm, referenced.account_id, cast(null as {{ dbt.type_string() }}) as uscc
    from referenced
    left join accounts on referenced.crm = accounts.crm and referenced.account_id = accounts.account_id
    where accounts.account_id is null and referenced.account_id is not null
)

select
    md5(coalesce(resolved.customer, present.crm || ':' || present.account_id)) as customer_key,
    present.crm,
    present.account_id,
    present.crm || ':' || present.account_id as account,
    resolved.account_name,
    present.uscc
from present
left join {{ ref('stg_ops__customer_accounts') }} as resolved
    on present.crm = resolved.crm and present.account_id = resolved.account_id and resolved.valid_to is null
