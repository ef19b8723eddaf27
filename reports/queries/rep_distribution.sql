-- Q06 销售人员达成分布（匿名） | management.kpi, core.dim_employees | key department_id, role
-- Groups of fewer than five people come out with their size only, never with a quartile; how many reached the target is told
-- for departments alone, because the count of a small group could be worked out from its neighbours.
with reps as (
    select
        employees.department_id,
        employees.department_name,
        employees.role,
        kpi.attainment
    from management.kpi as kpi
    inner join core.dim_employees as employees on kpi.scope_id = employees.employee_no
    where kpi.scope_type = 'rep'
        and kpi.metric_id = 'signed_sales'
        and kpi.period_type = 'quarter'
        and kpi.period = $quarter
        and kpi.org_view = 'as_of_event'
        and kpi.attainment is not null
),

grouped as (
    select
        case when grouping(department_id) = 1 then 'company' else coalesce(department_id, 'unassigned') end as department_id,
        case when grouping(department_id) = 1 then '公司合计' else coalesce(any_value(department_name), '未分配') end as department_name,
        case when grouping(role) = 1 then 'all' else coalesce(role, '未填岗位') end as role,
        count(*) as people,
        count(*) filter (where attainment >= 1) as reached,
        cast(quantile_cont(attainment, 0.25) as decimal(38, 6)) as quartile_low,
        cast(quantile_cont(attainment, 0.5) as decimal(38, 6)) as middle,
        cast(quantile_cont(attainment, 0.75) as decimal(38, 6)) as quartile_high
    from reps
    group by grouping sets ((), (department_id), (department_id, role))
),

smallest as (
    select min(people) as smallest_department
    from grouped
    where role = 'all'
)

select
    department_id,
    department_name,
    role,
    people,
    case when role = 'all' and smallest_department >= $smallest_group then reached end as reached,
    case when people >= $smallest_group then quartile_low end as quartile_low,
    case when people >= $smallest_group then middle end as middle,
    case when people >= $smallest_group then quartile_high end as quartile_high
from grouped
cross join smallest
order by department_id = 'company' desc, department_id, role = 'all' desc, role
