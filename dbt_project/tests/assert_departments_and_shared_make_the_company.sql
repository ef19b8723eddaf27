-- Sums of departments are the company's: what of a sum is shared are overlays and orders of several, and only where there are any.
-- Customers may be shared, and then the company counts fewer, never more.
-- A row here: a figure is counted in two departments and once in the company, or the other way round.
-- Ask: team:sales_ops
{{ config(meta={'dagster': {'ref': {'name': 'department_bridge'}}}) }}
select bridge.*
from {{ ref('department_bridge') }} as bridge
inner join {{ ref('metrics') }} as metrics on bridge.metric_id = metrics.metric_id
left join ({{ counted_twice() }}) as twice
    on bridge.metric_id = twice.metric_id and bridge.period_type = twice.period_type and bridge.period = twice.period
where bridge.component = 'shared' and twice.metric_id is null and (bridge.value > 0 or (metrics.kind = 'sum' and bridge.value <> 0))
