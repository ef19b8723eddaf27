-- Sales of a month against their trend over whole years; days around Spring Festival are a season of their own, since they move.
with limits as (
    select
        max(case when threshold_id = 'festival_days_before' then cast(value as integer) end) as days_before,
        max(case when threshold_id = 'festival_days_after' then cast(value as integer) end) as days_after
    from {{ ref('dim_thresholds') }}
),

days as (
    select
        dates.date_day,
        dates.month,
        cast(extract(year from dates.month) * 12 + extract(month from dates.month) as integer) as month_no,
        cast(extract(month from dates.month) as integer) as month_of_year,
        case when dates.is_workday then 1 else 0 end as workday,
        case when festivals.year is null then 0 else 1 end as is_festival
    from {{ ref('dim_dates') }} as dates
    cross join limits
    left join {{ ref('int_spring_festivals') }} as festivals
        on {{ days_after('festivals.festival_on', '-limits.days_before') }} <= dates.date_day
        and dates.date_day <= {{ days_after('festivals.festival_on', 'limits.days_after') }}
),

sold as (
    select 'company' as scope_type, 'company' as scope_id, order_date, net_amount_base as amount from {{ ref('fct_orders') }} where is_counted
    union all
    select 'department', coalesce(department_id, 'unassigned'), order_date, net_amount_base from {{ ref('fct_orders') }} where is_counted
    union all
    select 'product_line', coalesce(lines.product_line, 'unassigned'), orders.order_date, lines.net_amount_base
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
    where orders.is_counted
),

-- Whole months: the first one if selling began in its first days, the last one if it is over.
known as (
    select
        scope_type,
        scope_id,
        cast(extract(year from min(order_date)) * 12 + extract(month from min(order_date)) as integer)
            + case when extract(day from min(order_date)) <= 5 then 0 else 1 end as first_no,
        cast(extract(year from min(clocks.as_of)) * 12 + extract(month from min(clocks.as_of)) as integer)
            - case when extract(month from {{ days_after('min(clocks.as_of)', 1) }}) = extract(month from min(clocks.as_of)) then 1 else 0 end as last_no
    from sold
    cross join {{ ref('clocks') }} as clocks
    group by scope_type, scope_id
),

looked_at as (
    select
        known.*,
        cast({{ whole_quotient('last_no - first_no + 1', '12') }} as integer) as years
    from known
    where last_no - first_no + 1 >= 24
),

by_day as (
    select scope_type, scope_id, order_date, sum(amount) as amount from sold group by scope_type, scope_id, order_date
),

parts as (
    select
        looked_at.scope_type,
        looked_at.scope_id,
        looked_at.years,
        looked_at.last_no,
        days.month_no,
        days.month_of_year,
        days.is_festival,
        sum(days.workday) as workdays,
        cast(sum(coalesce(by_day.amount, 0)) as double) as amount
    from looked_at
    inner join days on looked_at.last_no - 12 * looked_at.years < days.month_no and days.month_no <= looked_at.last_no
    left join by_day
        on looked_at.scope_type = by_day.scope_type and looked_at.scope_id = by_day.scope_id and days.date_day = by_day.order_date
    group by looked_at.scope_type, looked_at.scope_id, looked_at.years, looked_at.last_no, days.month_no, days.month_of_year, days.is_festival
),

months as (
    select scope_type, scope_id, month_no, month_of_year, sum(amount) as amount
    from parts
    group by scope_type, scope_id, month_no, month_of_year
),

trends as (
    select
        months.scope_type,
        months.scope_id,
        regr_slope(months.amount, months.month_no) as slope,
        avg(months.amount) - regr_slope(months.amount, months.month_no) * avg(months.month_no) as base,
        min(daily.slope) as day_slope,
        min(daily.base) as day_base
    from months
    inner join (
        select
            scope_type,
            scope_id,
            regr_slope(amount / workdays, month_no) as slope,
            avg(amount / workdays) - regr_slope(amount / workdays, month_no) * avg(month_no) as base
        from parts
        where is_festival = 0 and workdays >= 5
        group by scope_type, scope_id
    ) as daily on months.scope_type = daily.scope_type and months.scope_id = daily.scope_id
    group by months.scope_type, months.scope_id
),

raw_indices as (
    select
        months.scope_type, months.scope_id, months.month_of_year,
        avg(months.amount / nullif(trends.base + trends.slope * months.month_no, 0)) as raw_index
    from months
    inner join trends on months.scope_type = trends.scope_type and months.scope_id = trends.scope_id
    group by months.scope_type, months.scope_id, months.month_of_year
),

day_indices as (
    select
        parts.scope_type,
        parts.scope_id,
        case when parts.is_festival = 1 then 0 else parts.month_of_year end as month_of_year,
        min(parts.years) as years,
        min(parts.last_no) as last_no,
        sum(parts.workdays) as workdays,
        sum(parts.amount) / nullif(sum(parts.workdays * (trends.day_base + trends.day_slope * parts.month_no)), 0) as workday_index
    from parts
    inner join trends on parts.scope_type = trends.scope_type and parts.scope_id = trends.scope_id
    group by parts.scope_type, parts.scope_id, case when parts.is_festival = 1 then 0 else parts.month_of_year end
),

usual as (
    select scope_type, scope_id, cast(sum(workdays) as double) / (12 * min(years)) as workdays
    from parts
    group by scope_type, scope_id
),

-- The same month after the last whole one, by its own workdays.
coming as (
    select
        looked_at.scope_type, looked_at.scope_id, days.month, days.month_of_year,
        sum(case when days.is_festival = 0 then days.workday else 0 end) as workdays,
        sum(case when days.is_festival = 1 then days.workday else 0 end) as festival_workdays
    from looked_at
    inner join days on looked_at.last_no < days.month_no and days.month_no <= looked_at.last_no + 12
    group by looked_at.scope_type, looked_at.scope_id, days.month, days.month_of_year
),

expected as (
    select
        coming.scope_type, coming.scope_id, coming.month_of_year, coming.month,
        (coming.workdays * coalesce(own.workday_index, 1) + coming.festival_workdays * coalesce(festival.workday_index, 1)) / usual.workdays as next_index
    from coming
    inner join usual on coming.scope_type = usual.scope_type and coming.scope_id = usual.scope_id
    left join day_indices as own
        on coming.scope_type = own.scope_type and coming.scope_id = own.scope_id and coming.month_of_year = own.month_of_year
    left join day_indices as festival
        on coming.scope_type = festival.scope_type and coming.scope_id = festival.scope_id and festival.month_of_year = 0
)

select
    indices.scope_type,
    indices.scope_id,
    cast(indices.month_of_year as integer) as month_of_year,
    case indices.month_of_year when 0 then '春节前后' else cast(cast(indices.month_of_year as integer) as {{ dbt.type_string() }}) || '月' end as label_zh,
    cast(round(raw_indices.raw_index, 6) as decimal(38, 6)) as raw_index,
    cast(round(indices.workday_index, 6) as decimal(38, 6)) as workday_index,
    cast(indices.years as integer) as years,
    cast(indices.workdays as integer) as workdays,
    cast(round(expected.next_index, 6) as decimal(38, 6)) as next_index,
    expected.month as next_month
from day_indices as indices
left join raw_indices
    on indices.scope_type = raw_indices.scope_type and indices.scope_id = raw_indices.scope_id and indices.month_of_year = raw_indices.month_of_year
left join expected
    on indices.scope_type = expected.scope_type and indices.scope_id = expected.scope_id and indices.month_of_year = expected.month_of_year
