-- Q02 本季指标：公司与部门 | management.kpi | key scope, metric_id
select
    case when kpi.scope_type = 'company' then 'company' else kpi.scope_id end as scope,
    kpi.scope_type,
    kpi.scope_name,
    kpi.metric_id,
    metrics.name_zh,
    metrics.owner,
    kpi.numerator,
    kpi.denominator,
    kpi.value,
    kpi.target,
    kpi.attainment,
    kpi.previous,
    kpi.same_period_last_year
from management.kpi as kpi
left join management.metrics as metrics on kpi.metric_id = metrics.metric_id
where kpi.period_type = 'quarter'
    and kpi.period = $quarter
    and kpi.org_view = 'as_of_event'
    and kpi.scope_type in ('company', 'department')
order by kpi.scope_type, kpi.scope_id, kpi.metric_id
