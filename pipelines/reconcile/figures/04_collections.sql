-- 回款额（含税）
select month_of(paid_on), applied.crm, sum(round(applied.amount * applied.fx, 4))
from applied left join methods on applied.source = methods.source and applied.code = methods.code
where coalesce(methods.is_cash, true)
group by all
-- published
select period, 'company', value from published.management.kpi
where metric_id = 'collections' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
union all
select month_of(payment_date), crm, sum(amount_base) from published.core.fct_payments where is_applied and is_cash group by all
