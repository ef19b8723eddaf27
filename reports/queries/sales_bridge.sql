-- Q07 目标到实际 | management.sales_bridge | key component
select
    component,
    label_zh,
    component_no,
    amount
from management.sales_bridge
where period_type = 'quarter'
    and period = $quarter
order by component_no
