-- Monday to Friday of every year the calendar names, but for the days it names.
with digits as (
    select 0 as digit union all select 1 union all select 2 union all select 3 union all select 4
    union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
),

numbers as (
    select cast(hundreds.digit * 100 + tens.digit * 10 + ones.digit as integer) as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where hundreds.digit < 4
),

years as (
    select distinct {{ period_start('year', 'day') }} as starts_on from {{ ref('stg_company__cn_calendar') }}
),

days as (
    select cast(years.starts_on + numbers.number as date) as day
    from years
    inner join numbers on years.starts_on + numbers.number < {{ add_months('years.starts_on', '12') }}
)

select days.day
from days
left join {{ ref('stg_company__cn_calendar') }} as named on days.day = named.day
-- The first of January 2024 was a Monday.
where coalesce(named.is_workday, ({{ days_between("cast('2024-01-01' as date)", 'days.day') }} % 7 + 7) % 7 < 5)
