-- Q08 应收账龄 | finance.receivables_ageing_by_department | key scope
with ageing as (
    select *
    from finance.receivables_ageing_by_department
    where $department_id is null or department_id = $department_id
)

select
    case when grouping(ageing.department_id) = 1 then 'company' else ageing.department_id end as scope,
    case
        when grouping(ageing.department_id) = 0 then coalesce(any_value(departments.department_name), '未分配')
        when $department_id is null then '公司合计'
        else '本部门合计'
    end as scope_name,
    count(distinct ageing.customer_key) filter (where ageing.outstanding <> 0) as customers,
    sum(ageing.not_due) as not_due,
    sum(ageing.d1_30) as d1_30,
    sum(ageing.d31_60) as d31_60,
    sum(ageing.d61_90) as d61_90,
    sum(ageing.d91_180) as d91_180,
    sum(ageing.d181_365) as d181_365,
    sum(ageing.d366_plus) as d366_plus,
    sum(ageing.d91_180 + ageing.d181_365 + ageing.d366_plus) as over_90,
    sum(ageing.outstanding) as outstanding,
    sum(ageing.overdue) as overdue,
    sum(ageing.unapplied) as unapplied
from ageing
left join core.dim_departments as departments on ageing.department_id = departments.department_id
group by grouping sets ((), (ageing.department_id))
order by scope = 'company' desc, scope
