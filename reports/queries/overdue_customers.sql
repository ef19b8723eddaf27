-- Q09 逾期前十客户 | finance.receivables_ageing, core.dim_employees | key place
select
    row_number() over (order by ageing.overdue desc, ageing.customer_key) as place,
    ageing.customer_key,
    ageing.customer_name,
    coalesce(departments.department_name, ageing.department_id) as department_name,
    ageing.outstanding,
    ageing.overdue,
    ageing.d91_180,
    ageing.d181_365,
    ageing.d366_plus,
    oldest.days_past_due,
    case when owners.department_id = $department_id then oldest.employee_no end as employee_no
from finance.receivables_ageing as ageing
left join core.dim_departments as departments on ageing.department_id = departments.department_id
left join (
    select
        customer_key,
        department_id,
        max(days_past_due) as days_past_due,
        arg_max(employee_no, days_past_due) as employee_no
    from finance.receivables
    where outstanding_amount_base > 0
    group by customer_key, department_id
) as oldest on ageing.customer_key = oldest.customer_key and ageing.department_id is not distinct from oldest.department_id
left join core.dim_employees as owners on oldest.employee_no = owners.employee_no
where ageing.overdue > 0
    and ($department_id is null or ageing.department_id = $department_id)
order by place
limit 10
