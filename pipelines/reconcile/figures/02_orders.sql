-- 签约订单数
select count(*) from orders where is_counted
-- published
select sum(value) from published.management.kpi
where metric_id = 'orders' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
