-- A target beside what came of it, against the calendar of workdays and against what the four periods before would lead one to expect.
with elapsed as (
    select
        months.period_type,
        months.period_start,
        sum(days.workday_weight) as workdays,
        sum(case when days.date_day <= clocks.as_of then days.workday_weight else 0 end) as workdays_gone
    from {{ ref('int_period_months') }} as months
    inner join {{ ref('dim_dates') }} as days on months.month = days.month
    cross join {{ ref('clocks') }} as clocks
    group by months.period_type, months.period_start
),

figures as (
    select
        kpi.*,
        sum(value) over (
            partition by metric_id, period_type, scope_type, scope_id order by period_start rows between 4 preceding and 1 preceding
        ) as total_before,
        count(value) over (
            partition by metric_id, period_type, scope_type, scope_id order by period_start rows between 4 preceding and 1 preceding
        ) as periods_before
    from {{ ref('kpi') }} as kpi
    where kpi.org_view = 'as_of_event' and kpi.metric_id in (select metric_id from {{ ref('int_targets') }})
),

set_out as (
    select
        figures.*,
        targets.version,
        targets.origin,
        targets.is_challenge,
        metrics.is_additive and metrics.kind = 'sum' as is_sum,
        elapsed.workdays,
        elapsed.workdays_gone,
        case when figures.periods_before = 4 then {{ ratio('figures.total_before', 'figures.periods_before') }} end as trend
    from figures
    inner join {{ ref('metrics') }} as metrics on figures.metric_id = metrics.metric_id
    inner join {{ ref('int_targets') }} as targets
        on figures.metric_id = targets.metric_id
        and figures.period_type = targets.period_type
        and figures.period_start = targets.period_start
        and figures.scope_type = targets.scope_type
        and figures.scope_id = targets.scope_id
    left join elapsed on figures.period_type = elapsed.period_type and figures.period_start = elapsed.period_start
    where figures.target is not null
),

to_date as (
    select
        set_out.*,
        case when is_sum then cast({{ share_of('target', 'workdays_gone', 'workdays', scale=6) }} as decimal(38, 6)) end as target_to_date
    from set_out
)

select
    metric_id,
    period_type,
    period,
    period_start,
    scope_type,
    scope_id,
    scope_name,
    version,
    origin,
    is_challenge,
    cast(target as decimal(38, 6)) as target,
    cast(value as decimal(38, 6)) as value,
    cast(attainment as decimal(38, 6)) as attainment,
    cast(workdays as decimal(18, 6)) as workdays,
    cast(workdays_gone as decimal(18, 6)) as workdays_gone,
    target_to_date,
    {{ ratio('value', 'target_to_date') }} as attainment_to_date,
    case
        when is_sum and workdays > workdays_gone then {{ ratio('greatest(target - value, 0)', '(workdays - workdays_gone)') }}
    end as required_per_workday,
    trend,
    {{ ratio('target', 'trend') }} as difficulty_index
from to_date
