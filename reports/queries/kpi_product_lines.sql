-- Q04 本季产品线签约 | management.kpi | key scope
select
    scope_id as scope,
    scope_name,
    value,
    target,
    attainment,
    previous,
    same_period_last_year
from management.kpi
where period_type = 'quarter'
    and period = $quarter
    and org_view = 'as_of_event'
    and scope_type = 'product_line'
    and metric_id = 'signed_sales'
order by value desc, scope_id
