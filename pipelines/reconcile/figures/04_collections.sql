-- 回款额（含税）
select sum(round(applied.amount * applied.fx, 4))
from applied left join methods on applied.source = methods.source and applied.code = methods.code
where coalesce(methods.is_cash, true)
-- published
select sum(value) from published.management.kpi
where metric_id = 'collections' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
