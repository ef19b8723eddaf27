{{ config(schema='intermediate', contract={'enforced': false}) }}


-- Every month, quarter and year from the first event to as_of.
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
)

select distinct
    months.period_type,
    months.period,
    months.period_start,
    months.period_end,
    months.month_no,
    months.months
from {{ ref('int_period_months') }} as months
cross join bounds
cross join first_year
where first_year.starts_on <= months.period_start and months.period_start <= bounds.as_of
