{{ config(schema='intermediate', contract={'enforced': false}) }}


-- Every month, quarter and year from the first event to as_of, with the workdays that have gone by.
with bounds as (
    select
        clocks.as_of,
        coalesce(min(events.event_date), clocks.as_of) as starts_on
    from {{ ref('clocks') }} as clocks
    left join {{ ref('int_kpi_events') }} as events on events.event_date <= clocks.as_of
    group by clocks.as_of
),

first_year as (
    select min(years.period_start) as starts_on
    from bounds
    inner join {{ ref('int_period_months') }} as years
        on years.period_type = 'year' and years.period_start <= bounds.starts_on and bounds.starts_on < years.period_end
),

workdays as (
    select days.month, sum(days.workday_weight) as workdays
    from {{ ref('dim_dates') }} as days
    inner join bounds on days.date_day <= bounds.as_of
    group by days.month
)

select
    months.period_type,
    months.period,
    months.period_start,
    months.period_end,
    months.month_no,
    months.months,
    cast(sum(workdays.workdays) as decimal(18, 6)) as workdays
from {{ ref('int_period_months') }} as months
left join workdays on months.month = workdays.month
cross join bounds
cross join first_year
where first_year.starts_on <= months.period_start and months.period_start <= bounds.as_of
group by months.period_type, months.period, months.period_start, months.period_end, months.month_no, months.months
