-- Q09 逾期前十客户 | finance.receivables_ageing, finance.receivables_ageing_by_department, finance.receivables | key place
-- Management sees a customer once, with the department that is owed most; a department sees its own share of the customer
-- and the number of the person in charge only when that person is its own.
with ageing as (
    select customer_key, customer_name, department_id, d91_180, d181_365, d366_plus, outstanding, overdue
    from finance.receivables_ageing
    where $department_id is null
    union all
    select customer_key, customer_name, department_id, d91_180, d181_365, d366_plus, outstanding, overdue
    from finance.receivables_ageing_by_department
    where department_id = $department_id
),

oldest as (
    select
        customer_key,
        max(days_past_due) as days_past_due,
        arg_max(employee_no, days_past_due) as employee_no
    from finance.receivables
    where outstanding_amount_base > 0
        and ($department_id is null or department_id = $department_id)
    group by customer_key
)

select
    row_number() over (order by ageing.overdue desc, ageing.customer_key) as place,
    ageing.customer_key,
    ageing.customer_name,
    coalesce(departments.department_name, '未分配') as department_name,
    ageing.outstanding,
    ageing.overdue,
    ageing.d91_180,
    ageing.d181_365,
    ageing.d366_plus,
    oldest.days_past_due,
    case when owners.department_id = $department_id then oldest.employee_no end as employee_no
from ageing
left join core.dim_departments as departments on ageing.department_id = departments.department_id
left join oldest on ageing.customer_key = oldest.customer_key
left join core.dim_employees as owners on oldest.employee_no = owners.employee_no
where ageing.overdue > 0
order by place
limit 10
