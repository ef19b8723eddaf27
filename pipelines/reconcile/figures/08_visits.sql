-- 拜访次数
with visits as (
    select 'fxiaoke' as crm, coalesce(cast(visit_date as date), local_day(checked_in_at)) as visited_on
    from fxiaoke.visits where checked_in_at is not null and coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select 'zoho', local_day(checked_in_at) from zoho.visits where checked_in_at is not null
)

select month_of(visited_on), crm, count(*) from visits where visited_on <= today() group by all
-- published
select period, 'company', value from published.management.kpi
where metric_id = 'visits' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event'
union all
select month_of(visit_date), crm, count(*) from published.core.fct_visits group by all
