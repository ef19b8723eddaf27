{%- set org_views = ['as_of_event', 'current'] -%}
{%- set entity_kinds = "('distinct', 'repeat', 'per_entity')" -%}
{%- set quantile_kinds = "('median', 'p75', 'p90')" -%}
-- How a value comes about is said by the registry: `timing` (flow: events of the period; level: as the period's last month ends;
-- period: measured for that very period) and `kind`. Nothing here knows a metric by name.
with registry as (
    select * from {{ ref('metrics') }}
),

-- A department or region as it was then and as it is today; everything else is the same in both views.
lenses as (
    select 'company' as scope_type, 'any' as org_view union all select 'rep', 'any'
    {% for org_view in org_views %}
    union all select 'department', '{{ org_view }}' union all select 'region', '{{ org_view }}'
    {% endfor %}
),

-- Which metric is seen through which lens.
reach as (
    select registry.metric_id, registry.kind, registry.timing, registry.credit, registry.source_status, registry.lacking_crms, lenses.scope_type, lenses.org_view
    from registry
    inner join lenses on registry.grains like '%|' || lenses.scope_type || '|%'
),

spans as (
    select
        periods.period_type,
        periods.period_start,
        months.month,
        months.is_last_month
    from {{ ref('int_periods') }} as periods
    inner join {{ ref('int_period_months') }} as months
        on periods.period_type = months.period_type and periods.period_start = months.period_start
),

-- Grouped to months and people first: everything after works on a table that does not grow with the number of events.
-- Only what counts entities or ranks observations keeps them apart. A metric speaks only of the CRMs that have its source.
monthly as (
    select
        events.metric_id,
        events.period_type,
        events.axis,
        {{ period_start('month', 'events.event_date') }} as month,
        case when events.axis = 'organisation' then events.employee_no end as employee_no,
        case when events.axis = 'organisation' then events.department_id end as department_id,
        case when events.axis = 'organisation' then events.region end as region,
        events.member,
        case when registry.kind in {{ entity_kinds }} then events.entity_id end as entity_id,
        case when registry.kind in {{ quantile_kinds }} then events.numerator when registry.kind = 'repeat' then {{ day_number('events.event_date') }} end as observation,
        case when registry.kind in {{ quantile_kinds }} then events.event_id end as event_id,
        sum(events.numerator) as numerator,
        sum(events.denominator) as denominator
    from {{ ref('int_kpi_events') }} as events
    inner join registry on events.metric_id = registry.metric_id
    left join {{ ref('dim_departments') }} as departments on coalesce(events.source_department_id, events.department_id) = departments.department_id
    where events.share is null
        and registry.source_status <> 'missing' and coalesce(registry.lacking_crms not like '%|' || departments.crm || '|%', true)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
),

-- An order that people share counts in a scope as far as its people share it, and never more than whole: what two of them hold twice
-- (an overlay beside the split, an order of two counted as one) is one order of their department and of the company.
shared as (
    select
        events.metric_id,
        events.period_type,
        {{ period_start('month', 'events.event_date') }} as month,
        events.event_id,
        case when reach.kind in {{ entity_kinds }} then events.entity_id end as entity_id,
        {{ day_number('events.event_date') }} as observation,
        case when reach.credit = 'count' or sum(events.share) >= 1 then max(events.numerator)
            else cast(sum({{ part_of('events.numerator', 'events.share', 'events.share_to') }}) as decimal(38, 6)) end as numerator,
        case when reach.credit <> 'amount' or sum(events.share) >= 1 then max(events.denominator)
            else cast(sum({{ part_of('events.denominator', 'events.share', 'events.share_to') }}) as decimal(38, 6)) end as denominator,
        reach.kind,
        reach.timing,
        reach.scope_type,
        reach.org_view,
        {{ scope_of('events') }} as scope_id
    from {{ ref('int_kpi_events') }} as events
    inner join reach on events.metric_id = reach.metric_id
    left join {{ ref('dim_departments') }} as departments on events.source_department_id = departments.department_id
    left join {{ ref('dim_employees') }} as today on events.employee_no = today.employee_no
    where events.share is not null
        and reach.source_status <> 'missing' and coalesce(reach.lacking_crms not like '%|' || departments.crm || '|%', true)
    group by
        events.metric_id, events.period_type, events.event_date, events.event_id, events.entity_id, reach.kind, reach.credit, reach.timing,
        reach.scope_type, reach.org_view, {{ scope_of('events') }}
),

scoped as (
    select
        monthly.metric_id,
        monthly.period_type,
        monthly.month,
        monthly.entity_id,
        monthly.observation,
        monthly.numerator,
        monthly.denominator,
        reach.kind,
        reach.timing,
        reach.scope_type,
        reach.org_view,
        {{ scope_of('monthly') }} as scope_id
    from monthly
    inner join reach on monthly.metric_id = reach.metric_id
    left join {{ ref('dim_employees') }} as today on monthly.employee_no = today.employee_no
    where monthly.axis = 'organisation'
    union all
    select
        metric_id, period_type, month, entity_id, case when kind in {{ quantile_kinds }} then numerator else observation end as observation,
        numerator, denominator, kind, timing, scope_type, org_view, scope_id
    from shared
    union all
    select
        monthly.metric_id,
        monthly.period_type,
        monthly.month,
        monthly.entity_id,
        monthly.observation,
        monthly.numerator,
        monthly.denominator,
        registry.kind,
        registry.timing,
        monthly.axis as scope_type,
        views.org_view,
        monthly.member as scope_id
    from monthly
    inner join registry on monthly.metric_id = registry.metric_id
    inner join (
        select 'any' as org_view {% for org_view in org_views %} union all select '{{ org_view }}' {% endfor %}
    ) as views on case when monthly.axis in ('department', 'region') then views.org_view <> 'any' else views.org_view = 'any' end
    where monthly.axis <> 'organisation'
),

sums as (
    select metric_id, kind, timing, period_type, month, scope_type, scope_id, org_view, sum(numerator) as numerator, sum(denominator) as denominator
    from scoped
    where kind in ('sum', 'ratio')
    group by metric_id, kind, timing, period_type, month, scope_type, scope_id, org_view
),

added as (
    select
        spans.period_type,
        spans.period_start,
        sums.metric_id,
        sums.scope_type,
        sums.scope_id,
        sums.org_view,
        sum(sums.numerator) as numerator,
        case when sums.kind <> 'sum' then sum(sums.denominator) end as denominator,
        case sums.kind when 'sum' then cast(sum(sums.numerator) as decimal(38, 6)) else {{ ratio('sum(sums.numerator)', 'sum(sums.denominator)') }} end as value
    from sums
    inner join spans
        on sums.month = spans.month
        and case sums.timing
            when 'flow' then true
            when 'level' then spans.is_last_month
            else sums.period_type = spans.period_type and sums.month = spans.period_start
        end
    group by spans.period_type, spans.period_start, sums.metric_id, sums.kind, sums.scope_type, sums.scope_id, sums.org_view
),

placed as (
    select
        spans.period_type,
        spans.period_start,
        scoped.metric_id,
        scoped.kind,
        scoped.scope_type,
        scoped.scope_id,
        scoped.org_view,
        scoped.entity_id,
        scoped.observation,
        scoped.numerator,
        scoped.denominator
    from scoped
    inner join spans
        on scoped.month = spans.month
        and case scoped.timing
            when 'flow' then true
            when 'level' then spans.is_last_month
            else scoped.period_type = spans.period_type and scoped.month = spans.period_start
        end
    where scoped.kind not in ('sum', 'ratio')
),

-- What a quantile needs stays apart: it cannot be put together from parts.
ranked as (
    select
        period_type,
        period_start,
        metric_id,
        scope_type,
        scope_id,
        org_view,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        cast(case kind
            when 'median' then median(observation)
            when 'p75' then {{ quantile('observation', 0.75) }}
            else {{ quantile('observation', 0.9) }}
        end as decimal(38, 6)) as value
    from placed
    where kind in {{ quantile_kinds }}
    group by period_type, period_start, metric_id, kind, scope_type, scope_id, org_view
),

entities as (
    select
        period_type,
        period_start,
        metric_id,
        kind,
        scope_type,
        scope_id,
        org_view,
        entity_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        -- two days or more, said without counting them
        min(observation) < max(observation) as is_repeated
    from placed
    where kind in {{ entity_kinds }}
    group by period_type, period_start, metric_id, kind, scope_type, scope_id, org_view, entity_id
),

counted as (
    select
        period_type,
        period_start,
        metric_id,
        kind,
        scope_type,
        scope_id,
        org_view,
        cast(case kind
            when 'distinct' then sum(case when numerator > 0 then 1 else 0 end)
            when 'repeat' then sum(case when is_repeated then 1 else 0 end)
            else sum(numerator)
        end as decimal(38, 6)) as numerator,
        cast(case kind
            when 'repeat' then count(*)
            when 'per_entity' then sum(case when denominator > 0 then 1 else 0 end)
        end as decimal(38, 6)) as denominator
    from entities
    group by period_type, period_start, metric_id, kind, scope_type, scope_id, org_view
),

results as (
    select * from added
    union all
    select * from ranked
    union all
    select
        period_type,
        period_start,
        metric_id,
        scope_type,
        scope_id,
        org_view,
        numerator,
        denominator,
        case kind when 'distinct' then numerator else {{ ratio('numerator', 'denominator') }} end as value
    from counted
),

-- A scope has rows from its first event or target to its last, or to today while it works: a month without sales is a zero.
seen as (
    select scope_type, scope_id, min(month) as first_month, max(month) as last_month
    from (
        select scope_type, scope_id, month from scoped
        union all
        select targets.scope_type, targets.scope_id, targets.period_start as month
        from {{ ref('int_targets') }} as targets
        cross join {{ ref('clocks') }} as clocks
        where targets.period_start <= clocks.as_of
    ) as months
    group by scope_type, scope_id
),

scopes as (
    select
        seen.scope_type,
        seen.scope_id,
        case seen.scope_type
            when 'company' then clocks.company_name
            when 'department' then coalesce(departments.department_name, case when seen.scope_id = 'unassigned' then '未分配' end, seen.scope_id)
            when 'rep' then coalesce(employees.name, case when seen.scope_id = 'unassigned' then '未分配' end, seen.scope_id)
            when 'customer' then coalesce(customers.name, seen.scope_id)
            when 'product' then coalesce(products.name, case when seen.scope_id = 'unassigned' then '未分配' end, seen.scope_id)
            else case when seen.scope_id = 'unassigned' then '未分配' else seen.scope_id end
        end as scope_name,
        coalesce(departments.crm, own.crm) as crm,
        seen.first_month,
        case
            when seen.scope_type = 'rep' and employees.leave_date <= clocks.as_of then greatest(seen.last_month, employees.leave_date)
            else clocks.as_of
        end as last_day
    from seen
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('dim_departments') }} as departments on seen.scope_type = 'department' and seen.scope_id = departments.department_id
    left join {{ ref('dim_employees') }} as employees on seen.scope_type = 'rep' and seen.scope_id = employees.employee_no
    left join {{ ref('dim_departments') }} as own on employees.department_id = own.department_id
    left join {{ ref('dim_products') }} as products on seen.scope_type = 'product' and seen.scope_id = products.product_code
    left join {{ ref('dim_customers') }} as customers on seen.scope_type = 'customer' and seen.scope_id = customers.customer_key
),

views as (
    {% for org_view in org_views %}
    select '{{ org_view }}' as org_view {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Where a metric has no source nothing is known: its rows are there and empty, never zero.
grid as (
    select
        registry.metric_id,
        registry.kind,
        registry.unit,
        registry.of_metric,
        registry.empty_is = 'zero' and registry.source_status <> 'missing'
        and coalesce(registry.lacking_crms not like '%|' || scopes.crm || '|%', true) as is_zero_when_empty,
        periods.period_type,
        periods.period,
        periods.period_start,
        periods.month_no,
        periods.months,
        periods.workdays,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        views.org_view,
        case when scopes.scope_type in ('department', 'region') then views.org_view else 'any' end as lens
    from scopes
    inner join {{ ref('int_periods') }} as periods
        on scopes.first_month < periods.period_end and periods.period_start <= scopes.last_day
    inner join registry
        on registry.grains like '%|' || scopes.scope_type || '|%'
        and (registry.source_status <> 'missing' or scopes.scope_type in ('company', 'department'))
    cross join views
),

measured as (
    select
        grid.*,
        coalesce(results.numerator, case when grid.is_zero_when_empty then 0 end) as numerator,
        coalesce(
            results.denominator, case when grid.kind not in ('sum', 'distinct') and grid.is_zero_when_empty then 0 end
        ) as denominator,
        coalesce(results.value, case when grid.kind in ('sum', 'distinct') and grid.is_zero_when_empty then 0 end) as value
    from grid
    left join results
        on grid.period_type = results.period_type
        and grid.period_start = results.period_start
        and grid.lens = results.org_view
        and grid.metric_id = results.metric_id
        and grid.scope_type = results.scope_type
        and grid.scope_id = results.scope_id
    where grid.of_metric is null
),

-- Growth is the change of another metric over a base that is above zero, a share its part of the company's; else there is nothing to
-- compare with. By workday: as if the present period had had the workdays of the other one.
derived as (
    select
        grid.*,
        case when grid.kind = 'share' then 'company' else grid.scope_type end as base_type,
        case when grid.kind = 'share' then 'company' else grid.scope_id end as base_id,
        grid.month_no - case
            when grid.kind = 'share' then 0
            when grid.kind like 'growth_on_year%' then 12
            when grid.kind = 'cagr' then 24
            else grid.months
        end as base_no
    from grid
    where grid.of_metric is not null
),

compared as (
    select
        derived.*,
        base.value as base_value,
        case
            when derived.kind not like '%_by_workday' then now.value
            else {{ share_of('now.value', 'base.workdays', 'derived.workdays', places=6) }}
        end as now_value
    from derived
    inner join measured as now
        on derived.of_metric = now.metric_id
        and derived.period_type = now.period_type
        and derived.period_start = now.period_start
        and derived.org_view = now.org_view
        and derived.scope_type = now.scope_type
        and derived.scope_id = now.scope_id
    left join measured as base
        on derived.of_metric = base.metric_id
        and derived.period_type = base.period_type
        and derived.base_no = base.month_no
        and derived.org_view = base.org_view
        and derived.base_type = base.scope_type
        and derived.base_id = base.scope_id
),

grown as (
    select
        {% for column in ['metric_id', 'kind', 'unit', 'of_metric', 'is_zero_when_empty', 'period_type', 'period', 'period_start', 'month_no',
            'months', 'workdays', 'scope_type', 'scope_id', 'scope_name', 'org_view', 'lens'] %}
        {{ column }},
        {% endfor %}
        case when base_value > 0 then cast(now_value - case when kind = 'share' then 0 else base_value end as decimal(38, 6)) end as numerator,
        case when base_value > 0 then base_value end as denominator,
        case
            when base_value > 0 and kind = 'cagr' then case
                when months = 12 and now_value >= 0
                    then cast(round(sqrt(cast({{ ratio('now_value', 'base_value') }} as double)) - 1, 6) as decimal(38, 6))
            end
            when base_value > 0 and kind = 'share' then {{ ratio('now_value', 'base_value') }}
            when base_value > 0 then {{ ratio('now_value - base_value', 'base_value') }}
        end as value
    from compared
),

valued as (
    select figures.*, cast(coalesce(targets.amount, targets.quantity) as decimal(38, 6)) as target
    from (
        select * from measured
        union all
        select * from grown
    ) as figures
    left join {{ ref('int_targets') }} as targets
        on figures.period_type = targets.period_type
        and figures.period_start = targets.period_start
        and figures.metric_id = targets.metric_id
        and figures.scope_type = targets.scope_type
        and figures.scope_id = targets.scope_id
)

select
    valued.metric_id,
    valued.period_type,
    valued.period,
    valued.period_start,
    valued.scope_type,
    valued.scope_id,
    valued.scope_name,
    valued.org_view,
    cast(valued.numerator as decimal(38, 6)) as numerator,
    cast(valued.denominator as decimal(38, 6)) as denominator,
    cast(valued.value as decimal(38, 6)) as value,
    valued.target,
    {{ ratio('valued.value', 'valued.target') }} as attainment,
    cast(previous.value as decimal(38, 6)) as previous,
    cast(last_year.value as decimal(38, 6)) as same_period_last_year,
    valued.unit,
    clocks.as_of
from valued
cross join {{ ref('clocks') }} as clocks
left join valued as previous
    on valued.period_type = previous.period_type
    and valued.month_no - valued.months = previous.month_no
    and valued.org_view = previous.org_view
    and valued.metric_id = previous.metric_id
    and valued.scope_type = previous.scope_type
    and valued.scope_id = previous.scope_id
left join valued as last_year
    on valued.period_type = last_year.period_type
    and valued.month_no - 12 = last_year.month_no
    and valued.org_view = last_year.org_view
    and valued.metric_id = last_year.metric_id
    and valued.scope_type = last_year.scope_type
    and valued.scope_id = last_year.scope_id
