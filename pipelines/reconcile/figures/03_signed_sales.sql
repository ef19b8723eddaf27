-- 签约额（减退货，不含税）
select (select sum(net_base) from orders where is_counted) - coalesce((
    select sum(round(coalesce(
        round(cast(returns.return_amount as double) * cast(orders.net_amount as double) / cast(orders.gross_amount as double), 4),
        round(cast(returns.return_amount as double) / (1 + vat(cast(returns.return_date as date))), 4)
    ) * coalesce(orders.fx, 1), 4))
    from fxiaoke.returns as returns
    left join orders on orders.crm = 'fxiaoke' and returns.order_id = orders.order_id
    where coalesce(returns.life_status, 'normal') in ('normal', 'in_change') and cast(returns.return_date as date) <= today()
), 0)
-- published
select sum(value) from published.management.kpi
where metric_id = 'signed_sales' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
