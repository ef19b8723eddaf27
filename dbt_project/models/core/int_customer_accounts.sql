{{ config(schema='intermediate', contract={'enforced': false}) }}

-- 'same' joins whole groups; each round carries the smallest group name one decision further.
{%- set rounds = 6 %}
with decisions as (
    select
        links.crm || ':' || links.account_id as account,
        links.other_crm || ':' || links.other_account_id as other_account
    from {{ ref('stg_company__customer_links') }} as links
    cross join {{ ref('stg_ops__clocks') }} as clocks
    where links.decision = 'same' and {{ holds_on('links', 'clocks.as_of') }}
),

links as (
    select distinct one.group_name as name, other.group_name as other_name
    from decisions
    inner join {{ ref('int_account_groups') }} as one on decisions.account = one.account
    inner join {{ ref('int_account_groups') }} as other on decisions.other_account = other.account
),

-- both ways, and every group beside itself, so that a round is one join
neighbours as (
    select name, other_name from links
    union
    select other_name as name, name as other_name from links
    union
    select name, name as other_name from links
    union
    select other_name as name, other_name from links
),

reach_0 as (
    select name, min(other_name) as root
    from neighbours
    group by name
),
{% for round in range(1, rounds + 1) %}
reach_{{ round }} as (
    select neighbours.name, min(reached.root) as root
    from neighbours
    inner join reach_{{ round - 1 }} as reached on neighbours.other_name = reached.name
    group by neighbours.name
),
{% endfor %}
resolved as (
    select
        grouped.crm,
        grouped.account_id,
        grouped.account,
        grouped.account_name,
        grouped.uscc,
        coalesce(reached.root, grouped.group_name) as customer_group
    from {{ ref('int_account_groups') }} as grouped
    left join reach_{{ rounds }} as reached on grouped.group_name = reached.name
)

select
    md5(min(account) over (partition by customer_group)) as customer_key,
    crm,
    account_id,
    account,
    account_name,
    uscc
from resolved
