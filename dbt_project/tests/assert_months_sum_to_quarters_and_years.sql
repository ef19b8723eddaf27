-- Months add up to their quarter and their year.
-- A row here: a period whose border cuts an event out.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with sums as (
    select
        metric_id,
        scope_type,
        scope_id,
        org_view,
        period_type,
        substr(period, 1, 4) as year_name,
        sum(numerator) as numerator
    from {{ ref('kpi') }}
    group by metric_id, scope_type, scope_id, org_view, period_type, substr(period, 1, 4)
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
