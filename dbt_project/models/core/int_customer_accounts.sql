{{ config(schema='intermediate', contract={'enforced': false}) }}


-- One row per account of a CRM with the customer it is: decisions first, then the social credit code, then the normalised name.
{%- set rounds = 4 %}
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
names as (
    select
        plain_name,
        count(distinct uscc) as codes,
        min(uscc) as uscc
    from everyone
    where plain_name is not null
    group by plain_name
),

grouped as (
    select
        everyone.*,
        case
            when everyone.uscc is not null then 'code ' || everyone.uscc
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
),

-- 'same' joins whole groups; each round carries the smallest name one link further.
links as (
    select distinct one.ruled_name as name, other.ruled_name as other_name
    from decisions
    inner join ruled as one on decisions.account = one.account
    inner join ruled as other on decisions.other_account = other.account
    where decisions.decision = 'same' and one.ruled_name <> other.ruled_name
),

both_ways as (
    select name, other_name from links
    union
    select other_name as name, name as other_name from links
),

reach_0 as (
    select name, least(name, min(other_name)) as root
    from both_ways
    group by name
),
{% for round in range(1, rounds + 1) %}
reach_{{ round }} as (
    select
        both_ways.name,
        least(min(here.root), min(there.root)) as root
    from both_ways
    inner join reach_{{ round - 1 }} as here on both_ways.name = here.name
    inner join reach_{{ round - 1 }} as there on both_ways.other_name = there.name
    group by both_ways.name
),
{% endfor %}
resolved as (
    select
        ruled.crm,
        ruled.account_id,
        ruled.account,
        ruled.account_name,
        ruled.uscc,
        coalesce(reach.root, ruled.ruled_name) as customer_group
    from ruled
    left join reach_{{ rounds }} as reach on ruled.ruled_name = reach.name
)

select
    md5(min(account) over (partition by customer_group)) as customer_key,
    crm,
    account_id,
    account,
    account_name,
    uscc
from resolved
