-- Sums of departments are the company's: nothing of a sum is shared. Customers may be, and then the company counts fewer, never more.
-- A row here: a figure is counted in two departments and once in the company, or the other way round.
-- Ask: team:sales_ops
{{ config(meta={'dagster': {'ref': {'name': 'department_bridge'}}}) }}
select bridge.*
from {{ ref('department_bridge') }} as bridge
inner join {{ ref('metrics') }} as metrics on bridge.metric_id = metrics.metric_id
where bridge.component = 'shared' and (bridge.value > 0 or (metrics.kind = 'sum' and bridge.value <> 0))
