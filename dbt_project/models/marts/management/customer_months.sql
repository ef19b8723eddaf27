-- What a customer did in a month and how it stands at its end: RFM over the window, the tier that follows, and the tier that holds.
with limits as (
    select
        max(case when threshold_id = 'tier_window_days' then cast(value as integer) end) as window_days,
        max(case when threshold_id = 'tier_new_days' then cast(value as integer) end) as new_days,
        max(case when threshold_id = 'tier_holds_months' then cast(value as integer) end) as holds_months,
        max(case when threshold_id = 'tier_vip_r' then cast(value as integer) end) as vip_r,
        max(case when threshold_id = 'tier_vip_f' then cast(value as integer) end) as vip_f,
        max(case when threshold_id = 'tier_vip_m' then cast(value as integer) end) as vip_m,
        max(case when threshold_id = 'tier_high_f' then cast(value as integer) end) as high_f,
        max(case when threshold_id = 'tier_high_m' then cast(value as integer) end) as high_m,
        max(case when threshold_id = 'tier_potential' then cast(value as integer) end) as potential
    from {{ ref('dim_thresholds') }}
),

order_days as (
    select
        customer_key,
        order_date,
        employee_no,
        department_id,
        lead(order_date) over (partition by customer_key order by order_date) as next_day,
        row_number() over (partition by customer_key order by order_date) as day_no
    from (
        select
            customer_key, order_date, employee_no, department_id,
            row_number() over (partition by customer_key, order_date order by order_key) as place
        from {{ ref('fct_orders') }}
        where is_counted and customer_key is not null
    ) as ranked
    where place = 1
),

moves as (
    select
        customer_key, order_date as moved_on, 'order' as what, net_amount_base as amount,
        cast(0 as decimal(18, 4)) as other_amount
    from {{ ref('fct_orders') }} where is_counted
    union all
    select customer_key, return_date, 'return', -net_amount_base, 0 from {{ ref('fct_returns') }}
    union all
    select customer_key, moved_on, 'change', net_amount_base, 0 from {{ ref('int_signed_changes') }}
    union all
    select customer_key, payment_date, 'cash', amount_base, 0 from {{ ref('fct_payments') }} where is_cash and is_applied
    union all
    select customer_key, visit_date, 'visit', 1, 0 from {{ ref('fct_visits') }} where is_valid
    union all
    select customer_key, created_date, 'case', 1, 0 from {{ ref('int_cases') }}
    union all
    select customer_key, opened_on, 'case', 1, 0 from {{ ref('int_service_log') }} where kind = 'complaint'
    union all
    select orders.customer_key, orders.order_date, 'listed', lines.net_amount_base, listed.list_amount_base
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key and orders.is_counted
    inner join {{ ref('int_list_amounts') }} as listed on lines.order_line_key = listed.order_line_key
    where listed.list_amount_base <> 0
),

chances as (
    select customer_key, created_date, coalesce(closed_date, cast('9999-12-31' as date)) as closed_date, coalesce(amount_base, 0) as amount
    from {{ ref('fct_opportunities') }}
    where customer_key is not null and created_date is not null
),

strategic as (
    select * from {{ ref('int_strategic_customers') }}
),

-- A customer is assessed from its first order, opportunity or decision on.
known_since as (
    select customer_key, min(known_on) as known_on
    from (
        select customer_key, order_date as known_on from order_days
        union all
        select customer_key, created_date from chances
        union all
        select customer_key, valid_from from strategic
    ) as signs
    group by customer_key
),

month_ends as (
    select
        months.month,
        months.month_no,
        least({{ days_after(add_months('months.month', 1), '-1') }}, clocks.as_of) as assessed_on
    from {{ ref('int_period_months') }} as months
    cross join {{ ref('clocks') }} as clocks
    where months.period_type = 'month' and months.month <= clocks.as_of and months.period_end > (select min(order_date) from order_days)
),

monthly as (
    select
        customer_key,
        {{ period_start('month', 'moved_on') }} as month,
        sum(case when what in ('order', 'return', 'change') then amount else 0 end) as signed_sales,
        sum(case when what = 'order' then 1 else 0 end) as orders,
        sum(case when what = 'cash' then amount else 0 end) as collections,
        sum(case when what = 'visit' then 1 else 0 end) as valid_visits,
        max(case when what = 'visit' then moved_on end) as last_visit_on,
        sum(case when what = 'case' then 1 else 0 end) as cases,
        sum(case when what = 'listed' then amount end) as listed_net,
        sum(case when what = 'listed' then other_amount end) as list_amount
    from moves
    where customer_key is not null
    group by 1, 2
),

windows as (
    select
        month_ends.month,
        moves.customer_key,
        max(case when moves.what = 'order' then moves.moved_on end) as last_order_date,
        count(distinct case when moves.what = 'order' then moves.moved_on end) as order_days,
        sum(case when moves.what = 'cash' then moves.amount else 0 end) as collected,
        sum(case when moves.what in ('order', 'return', 'change') then moves.amount else 0 end) as signed
    from month_ends
    cross join limits
    inner join moves
        on moves.moved_on <= month_ends.assessed_on
        and {{ days_after('month_ends.assessed_on', '-limits.window_days') }} < moves.moved_on
    where moves.what in ('order', 'return', 'change', 'cash') and moves.customer_key is not null
    group by month_ends.month, moves.customer_key
),

pipeline as (
    select month_ends.month, chances.customer_key, sum(chances.amount) as amount
    from month_ends
    inner join chances on chances.created_date <= month_ends.assessed_on and month_ends.assessed_on < chances.closed_date
    group by month_ends.month, chances.customer_key
),

decided as (
    select
        month_ends.month,
        strategic.customer_key,
        strategic.tier,
        strategic.wallet_amount,
        row_number() over (partition by month_ends.month, strategic.customer_key order by strategic.valid_from desc, strategic.row_key) as place
    from month_ends
    inner join strategic on {{ holds_on('strategic', 'month_ends.assessed_on') }}
),

assessed as (
    select
        known_since.customer_key,
        month_ends.month,
        month_ends.month_no,
        month_ends.assessed_on,
        case when latest.customer_key is null then customers.owner_employee_no else latest.employee_no end as employee_no,
        coalesce(case when latest.customer_key is null then employees.department_id else latest.department_id end, 'unassigned') as segment,
        windows.last_order_date,
        coalesce(windows.order_days, 0) as order_days,
        coalesce(windows.collected, 0) as collected,
        coalesce(windows.signed, 0) as signed,
        coalesce({{ days_between('customers.first_order_date', 'month_ends.assessed_on') }} between 0 and limits.new_days - 1, false) as is_new,
        coalesce(pipeline.amount, 0) as pipeline,
        decided.wallet_amount,
        decided.tier as decided_tier,
        coalesce(pipeline.amount, 0) + greatest(coalesce(decided.wallet_amount, 0) - coalesce(windows.signed, 0), 0)
            * case when decided.wallet_amount is null then 0 else 1 end as potential
    from known_since
    inner join month_ends on known_since.known_on <= month_ends.assessed_on
    cross join limits
    inner join {{ ref('dim_customers') }} as customers on known_since.customer_key = customers.customer_key
    left join {{ ref('dim_employees') }} as employees on customers.owner_employee_no = employees.employee_no
    left join order_days as latest
        on known_since.customer_key = latest.customer_key
        and (latest.order_date <= month_ends.assessed_on or latest.day_no = 1)
        and (latest.next_day is null or month_ends.assessed_on < latest.next_day)
    left join windows on month_ends.month = windows.month and known_since.customer_key = windows.customer_key
    left join pipeline on month_ends.month = pipeline.month and known_since.customer_key = pipeline.customer_key
    left join decided on month_ends.month = decided.month and known_since.customer_key = decided.customer_key and decided.place = 1
),

-- Quintiles by rank, so that equals score alike; who bought nothing in the window has no score.
scored as (
    select
        assessed.*,
        {% for score, value in [('r_score', 'last_order_date'), ('f_score', 'order_days'), ('m_score', 'collected')] %}
        case when order_days > 0 then cast(1 + {{ whole_quotient(
            '5 * (rank() over (partition by month, segment, case when order_days > 0 then 1 else 0 end order by ' ~ value ~ ') - 1)',
            'count(*) over (partition by month, segment, case when order_days > 0 then 1 else 0 end)'
        ) }} as integer) end as {{ score }},
        {% endfor %}
        cast(1 + {{ whole_quotient(
            '5 * (rank() over (partition by month, segment order by potential) - 1)', 'count(*) over (partition by month, segment)'
        ) }} as integer) as potential_score
    from assessed
),

computed as (
    select
        scored.*,
        case
            when scored.is_new then 5
            when scored.r_score >= limits.vip_r and scored.f_score >= limits.vip_f and scored.m_score >= limits.vip_m then 1
            when scored.f_score >= limits.high_f and scored.m_score >= limits.high_m then 2
            when scored.potential > 0 and scored.potential_score >= limits.potential then 3
            else 4
        end as computed_no,
        limits.holds_months
    from scored
    cross join limits
),

ordered as (
    select
        computed.*,
        row_number() over (partition by customer_key order by month_no) as assessment_no,
        lag(computed_no) over (partition by customer_key order by month_no) as computed_before,
        month_no - row_number() over (partition by customer_key, computed_no order by month_no) as run
    from computed
),

-- A change holds only after it was computed so many months on end; leaving 新客 needs no waiting.
settled as (
    select
        ordered.*,
        case
            when assessment_no = 1 or computed_no = 5 or computed_before = 5
                or row_number() over (partition by customer_key, computed_no, run order by month_no) >= holds_months
                then month_no * 10 + computed_no
        end as settles
    from ordered
),

held as (
    select
        settled.*,
        max(settles) over (partition by customer_key order by month_no rows between unbounded preceding and current row) % 10 as held_no
    from settled
),

named as (
    select
        held.*,
        {% for column in ['computed', 'held'] %}
        case held.{{ column }}_no when 1 then 'vip' when 2 then 'high_value' when 3 then 'potential' when 4 then 'standard' else 'new' end as {{ column }}_tier,
        {% endfor %}
        coalesce(departments.department_id, 'unassigned') as department_id
    from held
    left join {{ ref('dim_departments') }} as departments on held.segment = departments.department_id
)

select
    named.customer_key,
    named.month,
    named.assessed_on,
    named.segment,
    named.employee_no,
    named.department_id,
    coalesce(named.decided_tier, named.held_tier) as tier,
    coalesce(
        lag(coalesce(named.decided_tier, named.held_tier)) over (partition by named.customer_key order by named.month_no),
        named.decided_tier, named.held_tier
    ) as tier_before,
    named.computed_tier,
    case when named.decided_tier is not null then 'manual' when named.held_no = named.computed_no then 'computed' else 'held' end as tier_source,
    named.is_new,
    named.r_score,
    named.f_score,
    named.m_score,
    named.last_order_date,
    cast(named.order_days as integer) as order_days,
    cast(named.collected as decimal(18, 4)) as collected_base,
    cast(named.signed as decimal(18, 4)) as signed_base,
    cast(named.pipeline as decimal(18, 4)) as pipeline_base,
    cast(named.wallet_amount as decimal(18, 4)) as wallet_base,
    cast(named.potential as decimal(18, 4)) as potential_base,
    named.potential_score,
    cast(coalesce(monthly.orders, 0) as integer) as month_orders,
    cast(coalesce(monthly.signed_sales, 0) as decimal(18, 4)) as month_signed_base,
    cast(coalesce(monthly.collections, 0) as decimal(18, 4)) as month_collected_base,
    cast(coalesce(monthly.valid_visits, 0) as integer) as month_valid_visits,
    cast(coalesce(monthly.cases, 0) as integer) as month_cases,
    cast(monthly.listed_net as decimal(18, 4)) as month_listed_net_base,
    cast(monthly.list_amount as decimal(18, 4)) as month_list_base,
    max(monthly.last_visit_on) over (
        partition by named.customer_key order by named.month_no rows between unbounded preceding and current row
    ) as last_visit_on
from named
left join monthly on named.customer_key = monthly.customer_key and named.month = monthly.month
