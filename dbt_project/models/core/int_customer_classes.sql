{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What is written about single customers (customer_classes), on the resolved customer, while it holds: its group, the terms agreed with it.
select accounts.customer_key, told.group_id, told.settlement, told.credit_days, told.valid_from, told.valid_to
from {{ ref('stg_company__customer_classes') }} as told
inner join {{ ref('int_customer_accounts') }} as accounts on told.crm = accounts.crm and told.account_id = accounts.account_id
