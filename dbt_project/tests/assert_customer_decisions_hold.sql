-- Accounts that people called the same are one customer, and different ones are two.
-- A row here: customer_links contradict each other.
-- Ask: team:sales_ops
{{ config(meta={'dagster': {'ref': {'name': 'int_customer_accounts'}}}) }}
select
    links.crm,
    links.account_id,
    links.other_crm,
    links.other_account_id,
    links.decision
from {{ ref('stg_company__customer_links') }} as links
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_customer_accounts') }} as one on links.crm = one.crm and links.account_id = one.account_id
inner join {{ ref('int_customer_accounts') }} as other on links.other_crm = other.crm and links.other_account_id = other.account_id
where {{ holds_on('links', 'clocks.as_of') }}
    and (links.decision = 'same') <> (one.customer_key = other.customer_key)
