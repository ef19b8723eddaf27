{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- The group a resolved customer belongs to (customer_classes), while it does.
select accounts.customer_key, told.group_id, told.valid_from, told.valid_to
from {{ ref('stg_company__customer_classes') }} as told
inner join {{ ref('int_customer_accounts') }} as accounts on told.crm = accounts.crm and told.account_id = accounts.account_id
where told.group_id is not null
