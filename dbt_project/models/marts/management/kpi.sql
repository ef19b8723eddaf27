{%- set period_types = ['month', 'quarter', 'year'] -%}
{%- set org_views = ['as_of_event', 'current'] -%}
-- Grouped to months and people first: everything after works on a table that does not grow with the number of events.
with monthly as (
    select
        events.metric_id,
        events.axis,
        {{ period_start('month', 'events.event_date') }} as month,
        events.employee_no,
        events.department_id,
        events.product_line,
        sum(events.numerator) as numerator,
        sum(events.denominator) as denominator
    from {{ ref('int_kpi_events') }} as events
    group by 1, 2, 3, 4, 5, 6
),

-- What a median needs stays apart: it cannot be put together from parts.
observations as (
    select
        metric_id,
        {{ period_start('month', 'event_date') }} as month,
        employee_no,
        department_id,
        numerator as observation
    from {{ ref('int_kpi_events') }}
    where metric_id = 'sales_cycle_days'
),

today as (
    select employee_no, department_id from {{ ref('dim_employees') }}
),

scoped as (
    {% for org_view in org_views %}
    {%- set department = "monthly.department_id" if org_view == 'as_of_event' else "coalesce(today.department_id, monthly.department_id)" %}
    select '{{ org_view }}' as org_view, monthly.metric_id, monthly.month, 'company' as scope_type, 'company' as scope_id, monthly.numerator, monthly.denominator
    from monthly where monthly.axis = 'organisation'
    union all
    select '{{ org_view }}', monthly.metric_id, monthly.month, 'department', {{ department }}, monthly.numerator, monthly.denominator
    from monthly left join today on monthly.employee_no = today.employee_no where monthly.axis = 'organisation'
    union all
    select '{{ org_view }}', monthly.metric_id, monthly.month, 'rep', monthly.employee_no, monthly.numerator, monthly.denominator
    from monthly where monthly.axis = 'organisation'
    union all
    select '{{ org_view }}', monthly.metric_id, monthly.month, 'product_line', monthly.product_line, monthly.numerator, monthly.denominator
    from monthly where monthly.axis = 'product_line'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    {% for period_type in period_types %}
    select
        '{{ period_type }}' as period_type,
        {{ period_start(period_type, 'month') }} as period_start,
        org_view,
        metric_id,
        scope_type,
        scope_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from scoped
    group by {{ period_start(period_type, 'month') }}, org_view, metric_id, scope_type, scope_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

observed as (
    {% for org_view in org_views %}
    {%- set department = "observations.department_id" if org_view == 'as_of_event' else "coalesce(today.department_id, observations.department_id)" %}
    select '{{ org_view }}' as org_view, observations.metric_id, observations.month, 'company' as scope_type, 'company' as scope_id, observations.observation
    from observations
    union all
    select '{{ org_view }}', observations.metric_id, observations.month, 'department', {{ department }}, observations.observation
    from observations left join today on observations.employee_no = today.employee_no
    union all
    select '{{ org_view }}', observations.metric_id, observations.month, 'rep', observations.employee_no, observations.observation
    from observations
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

medians as (
    {% for period_type in period_types %}
    select
        '{{ period_type }}' as period_type,
        {{ period_start(period_type, 'month') }} as period_start,
        org_view,
        metric_id,
        scope_type,
        scope_id,
        cast(median(observation) as decimal(38, 6)) as middle
    from observed
    group by {{ period_start(period_type, 'month') }}, org_view, metric_id, scope_type, scope_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
            else case when seen.scope_id = 'unassigned' then '未分配' else seen.scope_id end
        end as scope_name,
        seen.first_month,
        case
            when seen.scope_type = 'rep' and employees.leave_date <= clocks.as_of then greatest(seen.last_month, employees.leave_date)
            else clocks.as_of
        end as last_day
    from seen
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('dim_departments') }} as departments on seen.scope_type = 'department' and seen.scope_id = departments.department_id
    left join {{ ref('dim_employees') }} as employees on seen.scope_type = 'rep' and seen.scope_id = employees.employee_no
),

views as (
    {% for org_view in org_views %}
    select '{{ org_view }}' as org_view {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

grid as (
    select
        registry.metric_id,
        registry.kind,
        registry.unit,
        periods.period_type,
        periods.period,
        periods.period_start,
        periods.month_no,
        periods.months,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        views.org_view
    from scopes
    inner join {{ ref('int_periods') }} as periods
        on scopes.first_month < periods.period_end and periods.period_start <= scopes.last_day
    cross join {{ ref('metrics') }} as registry
    cross join views
    where scopes.scope_type <> 'product_line' or registry.metric_id = 'signed_sales'
),

valued as (
    select
        grid.*,
        coalesce(summed.numerator, 0) as numerator,
        case when grid.kind <> 'sum' then coalesce(summed.denominator, 0) end as denominator,
        case grid.kind
            when 'sum' then cast(coalesce(summed.numerator, 0) as decimal(38, 6))
            when 'ratio' then {{ ratio('summed.numerator', 'summed.denominator') }}
            when 'median' then medians.middle
        end as value,
        cast(coalesce(targets.amount, targets.quantity) as decimal(38, 6)) as target
    from grid
    left join summed
        on grid.period_type = summed.period_type
        and grid.period_start = summed.period_start
        and grid.org_view = summed.org_view
        and grid.metric_id = summed.metric_id
        and grid.scope_type = summed.scope_type
        and grid.scope_id = summed.scope_id
    left join medians
        on grid.period_type = medians.period_type
        and grid.period_start = medians.period_start
        and grid.org_view = medians.org_view
        and grid.metric_id = medians.metric_id
        and grid.scope_type = medians.scope_type
        and grid.scope_id = medians.scope_id
    left join {{ ref('int_targets') }} as targets
        on grid.period_type = targets.period_type
        and grid.period_start = targets.period_start
        and grid.metric_id = targets.metric_id
        and grid.scope_type = targets.scope_type
        and grid.scope_id = targets.scope_id
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
    valued.value,
    valued.target,
    {{ ratio('valued.value', 'valued.target') }} as attainment,
    previous.value as previous,
    last_year.value as same_period_last_year,
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
