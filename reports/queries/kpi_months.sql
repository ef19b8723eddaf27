-- Q03 本季各月：签约与回款 | management.kpi | key scope, metric_id, period
select
    case when scope_type = 'company' then 'company' else scope_id end as scope,
    scope_name,
    metric_id,
    period,
    value,
    target,
    attainment,
    same_period_last_year
from management.kpi
where period_type = 'month'
    and period in (select unnest($months))
    and org_view = 'as_of_event'
    and scope_type in ('company', 'department')
    and metric_id in ('signed_sales', 'collections')
order by scope_type, scope_id, metric_id, period
