-- Q20 部门合计与公司之差：跨部门重复 | management.department_bridge | key metric_id
select metric_id, -value as shared
from management.department_bridge
where period_type = 'quarter'
    and period = $quarter
    and org_view = 'as_of_event'
    and component = 'shared'
    and metric_id in ('signed_sales', 'collections')
order by metric_id
