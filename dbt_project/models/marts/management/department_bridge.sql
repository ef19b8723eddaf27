-- The company's figure from its departments': what two of them share is counted once, so it comes off here and in the open.
with figures as (
    select kpi.*
    from {{ ref('kpi') }} as kpi
    inner join {{ ref('metrics') }} as metrics on kpi.metric_id = metrics.metric_id and metrics.kind in ('sum', 'distinct')
    where kpi.scope_type in ('company', 'department') and kpi.value is not null
),

parts as (
    select metric_id, period_type, period, org_view, sum(value) as value
    from figures
    where scope_type = 'department'
    group by metric_id, period_type, period, org_view
)

select
    metric_id, period_type, period, org_view, 'department' as component, scope_id, scope_name, cast(value as decimal(38, 6)) as value
from figures
where scope_type = 'department'
union all
select
    company.metric_id, company.period_type, company.period, company.org_view, 'shared' as component, 'shared' as scope_id,
    '跨部门重复' as scope_name, cast(company.value - coalesce(parts.value, 0) as decimal(38, 6)) as value
from figures as company
left join parts
    on company.metric_id = parts.metric_id
    and company.period_type = parts.period_type
    and company.period = parts.period
    and company.org_view = parts.org_view
where company.scope_type = 'company'
union all
select
    metric_id, period_type, period, org_view, 'company' as component, scope_id, scope_name, cast(value as decimal(38, 6)) as value
from figures
where scope_type = 'company'
