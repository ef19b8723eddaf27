{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- A service case belongs to whom it was given when it came.
with cases as (
    select 'fxiaoke' as crm, case_id, account_id, owner_id, created_date
    from {{ ref('stg_fxiaoke__cases') }}
    where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select 'zoho' as crm, case_id, account_id, owner_id, created_date
    from {{ ref('stg_zoho__cases') }}
)

select
    {{ hash_key('cases.crm', 'cases.case_id') }} as case_key,
    customers.customer_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    cases.created_date
from cases
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_crms') }} as settings on cases.crm = settings.crm
left join {{ ref('int_customer_accounts') }} as customers
    on cases.crm = customers.crm and cases.account_id = customers.account_id
left join {{ ref('int_owners') }} as owners
    on cases.crm = owners.crm
    and cases.owner_id = owners.user_id
    and owners.effective_from <= cases.created_date
    and cases.created_date < owners.effective_to
where cases.created_date <= clocks.as_of
