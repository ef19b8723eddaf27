-- Departments, regions, people, product lines, channels … each add up to the company, in every period and view. What counts customers
-- does not: one customer of two departments is one customer of the company (management.department_bridge shows it). Nor does accuracy:
-- misses of two departments may make up for each other. What is foretold of one department only is not foretold of the company.
-- Shares of an order add up to it too; only overlays, and orders of several that each of them counts, stand in more than one part.
-- Customers do not either: only those who have a target of their own stand there.
-- A row here: a figure of a part that is lost or counted twice.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with sums as (
    select
        metric_id,
        period_type,
        period,
        org_view,
        scope_type,
        sum(numerator) as numerator,
        sum(coalesce(denominator, 0)) as denominator
    from {{ ref('kpi') }}
    where metric_id in (select metric_id from {{ ref('metrics') }} where kind in ('sum', 'ratio', 'median', 'p75', 'p90'))
    group by metric_id, period_type, period, org_view, scope_type
)

select
    parts.metric_id,
    parts.scope_type,
    parts.period,
    parts.org_view,
    parts.numerator as of_parts,
    company.numerator as of_company
from sums as parts
inner join sums as company
    on company.scope_type = 'company'
    and parts.metric_id = company.metric_id
    and parts.period_type = company.period_type
    and parts.period = company.period
    and parts.org_view = company.org_view
left join ({{ counted_twice() }}) as twice
    on parts.metric_id = twice.metric_id and parts.period_type = twice.period_type and parts.period = twice.period
where (coalesce(parts.numerator, 0) <> coalesce(company.numerator, 0) or parts.denominator <> company.denominator)
    and parts.metric_id not like 'forecast_accuracy_%'
    and parts.scope_type <> 'customer'
    and not (parts.scope_type in ('rep', 'department', 'region') and twice.metric_id is not null)
    and not (
        company.numerator is null and (parts.metric_id like 'forecast_bias_%' or parts.metric_id in ('slippage_rate', 'pipeline_coverage'))
    )
