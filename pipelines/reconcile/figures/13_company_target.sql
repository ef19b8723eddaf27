-- 签约目标（公司，各年）
select period, 'company', cast(amount as decimal(18, 4)) from company.targets
where metric_id = 'signed_sales' and scope_type = 'company' and length(period) = 4 and cast(period || '-01-01' as date) <= today()
qualify row_number() over (partition by period order by cast(version as integer) desc) = 1
-- published
select period, 'company', target from published.management.kpi
where metric_id = 'signed_sales' and scope_type = 'company' and period_type = 'year' and org_view = 'as_of_event'
