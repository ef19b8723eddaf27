-- Signed sales of all months are the counted orders less the returns, of the CRMs for which the metric speaks at all.
-- A row here: the KPI table and the facts tell two stories.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with covered as (
    select settings.crm
    from {{ ref('int_crms') }} as settings
    inner join {{ ref('metrics') }} as metrics on metrics.metric_id = 'signed_sales'
    where metrics.source_status <> 'missing' and coalesce(metrics.lacking_crms not like '%|' || settings.crm || '|%', true)
),

figures as (
    select
        (select coalesce(sum(numerator), 0) from {{ ref('kpi') }}
            where metric_id = 'signed_sales' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event') as of_kpi,
        (select coalesce(sum(net_amount_base), 0) from {{ ref('fct_orders') }}
            where is_counted and crm in (select crm from covered)) as of_orders,
        (select coalesce(sum(net_amount_base), 0) from {{ ref('fct_returns') }}
            where crm in (select crm from covered)) as of_returns
)

select * from figures where of_kpi <> of_orders - of_returns
