-- The national calendar as the run brought it, changed by the company's own days, with the fiscal periods of the company.
with days as (
    select
        calendar.date_day,
        coalesce(own.is_workday, calendar.is_workday) as is_workday,
        cast(case when coalesce(own.is_workday, calendar.is_workday) then 1 else 0 end as decimal(9, 6)) as workday_weight,
        coalesce(own.name, calendar.holiday_name) as holiday_name,
        case when own.day is not null then 'company' else calendar.known_by end as known_by
    from {{ ref('stg_ops__calendar') }} as calendar
    left join {{ ref('stg_company__cn_calendar') }} as own on calendar.date_day = own.day
)

select
    days.date_day,
    months.month,
    quarters.period as fiscal_quarter,
    years.period as fiscal_year,
    days.is_workday,
    days.workday_weight,
    days.holiday_name,
    days.known_by
from days
inner join {{ ref('int_period_months') }} as months
    on months.period_type = 'month' and months.month = {{ period_start('month', 'days.date_day') }}
inner join {{ ref('int_period_months') }} as quarters on quarters.period_type = 'quarter' and months.month = quarters.month
inner join {{ ref('int_period_months') }} as years on years.period_type = 'year' and months.month = years.month
