-- Months add up to their quarter and their fiscal year.
-- A row here: a period whose border cuts an event out.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with sums as (
    select
        kpi.metric_id,
        kpi.scope_type,
        kpi.scope_id,
        kpi.org_view,
        kpi.period_type,
        years.period as year_name,
        sum(kpi.numerator) as numerator
    from {{ ref('kpi') }} as kpi
    inner join {{ ref('metrics') }} as metrics on kpi.metric_id = metrics.metric_id and metrics.is_additive
    inner join {{ ref('int_period_months') }} as years on years.period_type = 'year' and kpi.period_start = years.month
    group by kpi.metric_id, kpi.scope_type, kpi.scope_id, kpi.org_view, kpi.period_type, years.period
)

select parts.*, years.numerator as of_year
from sums as parts
inner join sums as years
    on years.period_type = 'year'
    and parts.metric_id = years.metric_id
    and parts.scope_type = years.scope_type
    and parts.scope_id = years.scope_id
    and parts.org_view = years.org_view
    and parts.year_name = years.year_name
where coalesce(parts.numerator, 0) <> coalesce(years.numerator, 0)
