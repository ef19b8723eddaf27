-- 签约订单数（改签与取消计在当日）
select month_of(moved_on), crm, sum(orders) from signed group by all
-- published
select period, 'company', value from published.management.kpi
where metric_id = 'orders' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
