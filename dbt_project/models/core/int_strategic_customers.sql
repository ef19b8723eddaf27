{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What people decided about single customers, on the resolved customer; of several rows for one customer the newest day wins.
select
    accounts.customer_key,
    listed.row_key,
    listed.tier,
    listed.wallet_amount,
    listed.strategy,
    listed.next_step,
    listed.next_step_due,
    listed.approved_by,
    listed.valid_from,
    listed.valid_to
from {{ ref('stg_company__strategic_customers') }} as listed
inner join {{ ref('int_customer_accounts') }} as accounts on listed.crm = accounts.crm and listed.account_id = accounts.account_id
