-- 关闭商机数（赢与输）
select month_of(closed), crm, count(*) from deals where status in ('won', 'lost') group by all
-- published
select period, 'company', denominator from published.management.kpi
where metric_id = 'win_rate' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
union all
select month_of(closed_date), crm, count(*) from published.core.fct_opportunities where status in ('won', 'lost') group by all
