-- 拜访次数
select (select count(*) from fxiaoke.visits where checked_in_at is not null and coalesce(life_status, 'normal') in ('normal', 'in_change')
        and coalesce(cast(visit_date as date), local_day(checked_in_at)) <= today())
    + (select count(*) from zoho.visits where checked_in_at is not null and local_day(checked_in_at) <= today())
-- published
select sum(value) from published.management.kpi
where metric_id = 'visits' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
