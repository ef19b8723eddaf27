-- 签约额（退货前，不含税）
select sum(net_base) from orders where is_counted
-- published
select sum(numerator) from published.management.kpi
where metric_id = 'average_deal_median' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
