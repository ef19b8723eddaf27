-- F07 重述 | finance.commission_restated
select
    month,
    payee_no,
    component_id,
    component_name,
    as_reported,
    adjusted_earlier_months,
    adjusted_since,
    adjustment_pending,
    as_restated
from finance.commission_restated
where month <= $month
    and (adjusted_since <> 0 or adjustment_pending <> 0 or adjusted_earlier_months <> 0)
order by month, payee_no, component_id
