{{ config(schema='intermediate', contract={'enforced': false}) }}

-- One row per account with the group that people's 'different', the social credit code and the normalised name put it in.
with accounts as (
    select 'fxiaoke' as crm, account_id, account_name, uscc from {{ ref('stg_fxiaoke__accounts') }}
    where coalesce(life_status, 'normal') <> 'invalid'
    union all
    select 'zoho' as crm, account_id, account_name, uscc from {{ ref('stg_zoho__accounts') }}
),

-- A record may point at an account that is gone; it stays a customer of its own, so that its money is not lost.
referenced as (
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__orders') }}
    union all
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__opportunities') }}
    union all
    select 'fxiaoke' as crm, account_id from {{ ref('stg_fxiaoke__payments') }}
    union all
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__orders') }}
    union all
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__opportunities') }}
    union all
    select 'zoho' as crm, account_id from {{ ref('stg_zoho__invoices') }}
    union all
    select crm, account_id from {{ ref('stg_company__ar_ledger') }}
    union all
    select crm, account_id from {{ ref('stg_company__cash_receipts') }}
),

everyone as (
    select
        accounts.crm,
        accounts.account_id,
        accounts.crm || ':' || accounts.account_id as account,
        accounts.account_name,
        nullif(upper(trim(accounts.uscc)), '') as uscc,
        nullif({{ normalised_name('accounts.account_name') }}, '') as plain_name
    from accounts
    union all
    select
        referenced.crm,
        referenced.account_id,
        referenced.crm || ':' || referenced.account_id as account,
        cast(null as {{ dbt.type_string() }}) as account_name,
        cast(null as {{ dbt.type_string() }}) as uscc,
        cast(null as {{ dbt.type_string() }}) as plain_name
    from (select distinct crm, account_id from referenced where account_id is not null) as referenced
    left join accounts on referenced.crm = accounts.crm and referenced.account_id = accounts.account_id
    where accounts.account_id is null
),

-- An account without a code joins the one customer of its name that has one; two codes under one name stay two customers.
-- A name that one CRM gives to two accounts tells neither of them apart, so it joins nobody.
names as (
    select
        plain_name,
        count(distinct uscc) as codes,
        min(uscc) as uscc,
        max(in_one_crm) as in_one_crm
    from (
        select
            plain_name,
            uscc,
            count(*) over (partition by crm, plain_name) as in_one_crm
        from everyone
        where plain_name is not null
    ) as named
    group by plain_name
),

grouped as (
    select
        everyone.*,
        case
            when everyone.uscc is not null then 'code ' || everyone.uscc
            when names.in_one_crm > 1 then 'account ' || everyone.account
            when names.codes = 1 then 'code ' || names.uscc
            when names.codes = 0 then 'name ' || everyone.plain_name
            else 'account ' || everyone.account
        end as group_name
    from everyone
    left join names on everyone.plain_name = names.plain_name
),

decisions as (
    select
        links.decision,
        links.crm || ':' || links.account_id as account,
        links.other_crm || ':' || links.other_account_id as other_account
    from {{ ref('stg_company__customer_links') }} as links
    cross join {{ ref('stg_ops__clocks') }} as clocks
    where {{ holds_on('links', 'clocks.as_of') }}
),

-- 'different' takes the first account of the decision out of the group that the rules put both in.
parted as (
    select distinct decisions.account
    from decisions
    inner join grouped as one on decisions.account = one.account
    inner join grouped as other on decisions.other_account = other.account
    where decisions.decision = 'different' and one.group_name = other.group_name
),

ruled as (
    select
        grouped.*,
        case when parted.account is null then grouped.group_name else 'account ' || grouped.account end as ruled_name
    from grouped
    left join parted on grouped.account = parted.account
)

select
    crm,
    account_id,
    account,
    account_name,
    uscc,
    ruled_name as group_name
from ruled
