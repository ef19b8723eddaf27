-- Signed sales of all months are the counted orders less the returns.
-- A row here: the KPI table and the facts tell two stories.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with figures as (
    select
        (select coalesce(sum(numerator), 0) from {{ ref('kpi') }}
            where metric_id = 'signed_sales' and scope_type = 'company' and period_type = 'month' and org_view = 'as_of_event') as of_kpi,
        (select coalesce(sum(net_amount_base), 0) from {{ ref('fct_orders') }} where is_counted) as of_orders,
        (select coalesce(sum(net_amount_base), 0) from {{ ref('fct_returns') }}) as of_returns
)

select * from figures where of_kpi <> of_orders - of_returns
