-- 签约额（退货前，不含税）
select month_of(order_date), crm, sum(net_base) from orders where is_counted group by all
-- published
select period, 'company', numerator from published.management.kpi
where metric_id = 'average_deal_median' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
union all
select month_of(order_date), crm, sum(net_amount_base) from published.core.fct_orders where is_counted group by all
