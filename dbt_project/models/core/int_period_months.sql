{{ config(schema='intermediate', contract={'enforced': false}) }}

-- Quarters and years begin where the company's fiscal year does; a fiscal year bears the name of the calendar year it begins in.
-- Counted backwards from two years after as_of: one event with a year of 1026 must not push the present out.
with digits as (
    select 0 as digit union all select 1 union all select 2 union all select 3 union all select 4
    union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
),

numbers as (
    select cast(hundreds.digit * 100 + tens.digit * 10 + ones.digit as integer) as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where hundreds.digit < 6
),

months as (
    select
        {{ add_months(period_start('month', 'clocks.as_of'), '35 - numbers.number') }} as month,
        {{ period_start('month', 'clocks.as_of') }} as this_month,
        clocks.fiscal_year_start_month - 1 as shift
    from {{ ref('clocks') }} as clocks
    cross join numbers
),

fiscal as (
    select
        months.*,
        {{ add_months('month', '-shift') }} as fiscal_day
    from months
),

named as (
    {% for period_type, months_of in [('month', 1), ('quarter', 3), ('year', 12)] %}
    select
        '{{ period_type }}' as period_type,
        {{ period_name(period_type, 'month' if period_type == 'month' else 'fiscal_day') }} as period,
        {{ 'month' if period_type == 'month' else add_months(period_start(period_type, 'fiscal_day'), 'shift') }} as period_start,
        cast({{ months_of }} as integer) as months,
        month,
        this_month
    from fiscal
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    period_type,
    period,
    period_start,
    {{ add_months('period_start', 'months') }} as period_end,
    month,
    cast(extract(year from period_start) * 12 + extract(month from period_start) as integer) as month_no,
    months,
    -- the month whose end speaks for the period: its last one, or the present one while it runs
    month = least({{ add_months('period_start', 'months - 1') }}, greatest(this_month, period_start)) as is_last_month
from named
