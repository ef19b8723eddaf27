-- Q05 本部门销售人员达成 | management.kpi, core.dim_employees | key employee_no
-- Names belong to the department's own pack only: the row filter is here, and the produced file is read back in the tests.
select
    kpi.scope_id as employee_no,
    employees.name,
    employees.role,
    employees.is_active,
    rank() over (order by kpi.attainment desc nulls last) as place,
    kpi.value,
    kpi.target,
    kpi.attainment,
    collections.value as collected,
    collections.attainment as collected_attainment,
    runs.periods,
    runs.attainments
from management.kpi as kpi
inner join core.dim_employees as employees on kpi.scope_id = employees.employee_no
left join management.kpi as collections
    on kpi.scope_id = collections.scope_id
    and collections.scope_type = 'rep'
    and collections.metric_id = 'collections'
    and collections.period_type = 'quarter'
    and collections.period = kpi.period
    and collections.org_view = kpi.org_view
left join (
    select
        scope_id,
        list(period order by period) as periods,
        list(attainment order by period) as attainments
    from management.kpi
    where scope_type = 'rep'
        and metric_id = 'signed_sales'
        and period_type = 'quarter'
        and period in (select unnest($run))
        and org_view = 'as_of_event'
    group by scope_id
) as runs on kpi.scope_id = runs.scope_id
where kpi.scope_type = 'rep'
    and kpi.metric_id = 'signed_sales'
    and kpi.period_type = 'quarter'
    and kpi.period = $quarter
    and kpi.org_view = 'as_of_event'
    and employees.department_id = $department_id
    and (kpi.target is not null or kpi.value <> 0)
order by place, kpi.scope_id
