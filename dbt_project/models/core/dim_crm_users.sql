with users as (
    select 'fxiaoke' as crm, user_id, full_name, employee_no as written_no, not is_stopped as is_active from {{ ref('stg_fxiaoke__users') }}
    union all
    select 'zoho', user_id, full_name, employee_no, coalesce(status, 'active') = 'active' from {{ ref('stg_zoho__users') }}
),

-- The company's own file says whose seat a user is; a seat it leaves out is known by the number that the CRM holds.
seats as (
    select distinct 'fxiaoke' as crm, fxiaoke_user_id as user_id from {{ ref('dim_employee_history') }} where fxiaoke_user_id is not null
    union
    select distinct 'zoho', zoho_user_id from {{ ref('dim_employee_history') }} where zoho_user_id is not null
)

select
    {{ hash_key('users.crm', 'users.user_id') }} as user_key,
    users.crm,
    users.user_id,
    users.full_name,
    owners.employee_no,
    case when owners.employee_no is null then 'nobody' when seats.user_id is not null then 'company_file' else 'crm_number' end as rule,
    -- a number in the CRM that is not the person's whom the company's file names
    coalesce(users.written_no <> owners.employee_no, false) as is_contradicted,
    users.is_active
from users
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_owners') }} as owners
    on users.crm = owners.crm and users.user_id = owners.user_id
    and owners.effective_from <= clocks.as_of and clocks.as_of < owners.effective_to
left join seats on users.crm = seats.crm and users.user_id = seats.user_id
