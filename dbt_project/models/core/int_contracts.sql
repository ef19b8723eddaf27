{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Contracts of resolved customers and who answers for each on the day it expires, by its owner; Zoho has no contracts. One without a
-- last day does not expire.
select
    {{ hash_key("'fxiaoke'", 'contracts.contract_id') }} as contract_key,
    customers.customer_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    coalesce(contracts.starts_on, cast('1900-01-01' as date)) as starts_on,
    coalesce(contracts.expires_on, cast('9999-12-31' as date)) as expires_on
from {{ ref('stg_fxiaoke__contracts') }} as contracts
inner join {{ ref('int_crms') }} as settings on settings.crm = 'fxiaoke'
inner join {{ ref('int_customer_accounts') }} as customers on customers.crm = 'fxiaoke' and contracts.account_id = customers.account_id
left join {{ ref('int_owners') }} as owners
    on owners.crm = 'fxiaoke'
    and contracts.owner_id = owners.user_id
    and owners.effective_from <= coalesce(contracts.expires_on, contracts.starts_on)
    and coalesce(contracts.expires_on, contracts.starts_on) < owners.effective_to
where coalesce(contracts.life_status, 'normal') in ('normal', 'in_change')
