{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What service noted by hand; an answer or an end after as_of has not happened yet.
select
    md5('service_log:' || served.entry_id) as entry_key,
    served.kind,
    accounts.customer_key,
    coalesce(served.employee_no, customers.owner_employee_no) as employee_no,
    coalesce(history.department_id, settings.only_department_id) as department_id,
    {{ local_date('served.opened_at', 'clocks.time_zone') }} as opened_on,
    served.due_on,
    {{ elapsed('minute', 'served.opened_at', 'served.responded_at') }} as response_minutes,
    {{ elapsed('minute', 'served.opened_at', 'served.resolved_at') }} as resolution_minutes,
    {{ local_date('served.resolved_at', 'clocks.time_zone') }} as resolved_on
from {{ ref('stg_company__service_log') }} as served
cross join {{ ref('stg_ops__clocks') }} as clocks
inner join {{ ref('int_crms') }} as settings on served.crm = settings.crm
left join {{ ref('int_customer_accounts') }} as accounts on served.crm = accounts.crm and served.account_id = accounts.account_id
left join {{ ref('dim_customers') }} as customers on accounts.customer_key = customers.customer_key
left join {{ ref('dim_employee_history') }} as history
    on coalesce(served.employee_no, customers.owner_employee_no) = history.employee_no
    and history.effective_from <= {{ local_date('served.opened_at', 'clocks.time_zone') }}
    and {{ local_date('served.opened_at', 'clocks.time_zone') }} < history.effective_to
where {{ local_date('served.opened_at', 'clocks.time_zone') }} <= clocks.as_of
