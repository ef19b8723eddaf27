{{ config(schema='intermediate', contract={'enforced': false}) }}


-- Every month, quarter and year from the first event to as_of.
with digits as (
    select 0 as digit union all select 1 union all select 2 union all select 3 union all select 4
    union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
),

numbers as (
    select cast(hundreds.digit * 100 + tens.digit * 10 + ones.digit as integer) as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where hundreds.digit < 5
),

bounds as (
    select
        clocks.as_of,
        {{ period_start('year', 'coalesce(min(events.event_date), clocks.as_of)') }} as starts_on
    from {{ ref('clocks') }} as clocks
    left join {{ ref('int_kpi_events') }} as events on events.event_date <= clocks.as_of
    group by clocks.as_of
),

-- Counted backwards: one event with a year of 1026 must not push the present out.
months as (
    select
        {{ add_months(period_start('year', 'bounds.as_of'), '11 - numbers.number') }} as month,
        bounds.as_of,
        bounds.starts_on
    from bounds
    cross join numbers
)

{% for period_type, months_of in [('month', 1), ('quarter', 3), ('year', 12)] %}
select
    '{{ period_type }}' as period_type,
    {{ period_name(period_type, 'month') }} as period,
    month as period_start,
    {{ add_months('month', months_of) }} as period_end,
    cast(extract(year from month) * 12 + extract(month from month) as integer) as month_no,
    {{ months_of }} as months
from months
where starts_on <= month and month <= as_of and month = {{ period_start(period_type, 'month') }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
