-- 赢单数
select count(*) from (
    select 'fxiaoke' as crm, sales_status as stage, local_day(stage_changed_at) as changed, cast(close_date as date) as closes, local_day(created_at) as created
    from fxiaoke.opportunities where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select 'zoho', stage, local_day(stage_changed_at), cast(close_date as date), local_day(created_at) from zoho.opportunities
) as deals
inner join stages on deals.crm = stages.crm and deals.stage = stages.stage and stages.status = 'won'
where coalesce(deals.changed, deals.closes) <= today() and coalesce(deals.created, today()) <= today()
-- published
select sum(numerator) from published.management.kpi
where metric_id = 'win_rate' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
