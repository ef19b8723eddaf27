-- 返利抵扣额
select sum(round(applied.amount * applied.fx, 4))
from applied inner join methods on applied.source = methods.source and applied.code = methods.code and not methods.is_cash
-- published
select sum(value) from published.management.kpi
where metric_id = 'rebates_settled' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
