-- Q17 近五季指标 | management.kpi | key metric_id, period
select
    metric_id,
    period,
    value,
    target,
    attainment,
    same_period_last_year
from management.kpi
where period_type = 'quarter'
    and period in (select unnest($history))
    and org_view = 'as_of_event'
    and scope_id = coalesce($department_id, 'company')
    and scope_type in ('company', 'department')
    and metric_id in ('signed_sales', 'collections')
order by metric_id, period
