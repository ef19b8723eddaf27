-- 签约额（减退货，改签与取消计在当日，不含税）
select month_of(moved_on), crm, sum(amount) from signed group by all
union all
select
    month_of(cast(returns.return_date as date)), 'fxiaoke',
    -sum(round(coalesce(
        round(cast(returns.return_amount as double) * cast(orders.net_amount as double) / cast(orders.gross_amount as double), 4),
        round(cast(returns.return_amount as double) / (1 + vat(cast(returns.return_date as date))), 4)
    ) * coalesce(orders.fx, 1), 4))
from fxiaoke.returns as returns
left join orders on orders.crm = 'fxiaoke' and returns.order_id = orders.order_id
where coalesce(returns.life_status, 'normal') in ('normal', 'in_change') and cast(returns.return_date as date) <= today()
group by all
-- published
select period, 'company', value from published.management.kpi
where metric_id = 'signed_sales' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
