-- Target and all steps of the bridge add up to actual.
-- A row here: a step that is missing or wrong.
-- Ask: team:sales_ops
{{ config(meta={'dagster': {'ref': {'name': 'sales_bridge'}}}) }}
select
    period_type,
    period,
    sum(case when component = 'actual' then -amount else amount end) as gap
from {{ ref('sales_bridge') }}
group by period_type, period
having sum(case when component = 'actual' then -amount else amount end) <> 0
