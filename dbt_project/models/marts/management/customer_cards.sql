-- 客户资料卡, 客户策略卡 and 客户月评卡 of every customer as of the run: facts, tier with what is planned, and how it did against its like.
with limits as (
    select max(case when threshold_id = 'tier_window_days' then cast(value as integer) end) as window_days from {{ ref('dim_thresholds') }}
),

assessed as (
    select
        months.*,
        row_number() over (partition by months.customer_key order by months.month desc) as place
    from {{ ref('customer_months') }} as months
),

windows as (
    select
        months.customer_key,
        sum(months.month_cases) as cases,
        sum(months.month_listed_net_base) as listed_net,
        sum(months.month_list_base) as list_amount,
        sum(case when months.month_orders > 0 then 1 else 0 end) as active_months
    from {{ ref('customer_months') }} as months
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    where {{ days_after('clocks.as_of', '-limits.window_days') }} < months.month
    group by months.customer_key
),

receivables as (
    select
        customer_key,
        sum(amount) as balance,
        sum(case when is_billed and {{ days_after('as_of', '-window_days') }} < moved_on then amount else 0 end) as billed
    from (
        select customer_key, entry_date as moved_on, amount_base as amount, entry_type = 'invoice' as is_billed
        from {{ ref('fct_receivable_entries') }}
        union all
        select customer_key, applied_date, -amount_base, false from {{ ref('fct_payments') }} where is_applied
    ) as moves
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    where customer_key is not null
    group by customer_key
),

chances as (
    select
        customer_key,
        count(*) as open_opportunities,
        min(close_date) as next_close_date
    from {{ ref('fct_opportunities') }}
    where status = 'open' and customer_key is not null
    group by customer_key
),

strategic as (
    select
        listed.*,
        row_number() over (partition by listed.customer_key order by listed.valid_from desc, listed.row_key) as place
    from {{ ref('int_strategic_customers') }} as listed
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('listed', 'clocks.as_of') }}
),

policies as (
    select policy.*
    from {{ ref('int_tier_policy') }} as policy
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('policy', 'clocks.as_of') }}
),

tiers as (
    select * from {{ ref('customer_tiers') }} where effective_to = cast('9999-12-31' as date)
),

carded as (
    select
        customers.customer_key,
        customers.name,
        customers.uscc,
        customers.region,
        customers.industry,
        customers.crms,
        channels.channel,
        customers.owner_employee_no,
        owners.name as owner_name,
        assessed.segment,
        customers.first_order_date,
        assessed.last_order_date,
        assessed.order_days,
        assessed.signed_base,
        assessed.collected_base,
        coalesce(receivables.balance, 0) as balance,
        assessed.tier,
        tiers.tier_before,
        tiers.valid_from as tier_since,
        assessed.tier_source,
        assessed.r_score,
        assessed.f_score,
        assessed.m_score,
        assessed.pipeline_base,
        assessed.wallet_base,
        assessed.potential_base,
        coalesce(chances.open_opportunities, 0) as open_opportunities,
        chances.next_close_date,
        strategic.strategy,
        strategic.next_step,
        strategic.next_step_due,
        strategic.approved_by as strategy_approved_by,
        assessed.last_visit_on,
        policies.visit_within_days,
        policies.max_discount,
        policies.max_credit_days,
        case when policies.visit_within_days is not null then
            coalesce({{ days_between('assessed.last_visit_on', 'clocks.as_of') }} > policies.visit_within_days, true)
        end as is_visit_overdue,
        assessed.month as review_month,
        assessed.month_orders,
        assessed.month_signed_base,
        assessed.month_collected_base,
        assessed.month_valid_visits,
        assessed.month_cases,
        receivables.billed,
        windows.active_months,
        windows.cases,
        {{ ratio('windows.listed_net', 'windows.list_amount') }} as price_realisation,
        {{ ratio('assessed.collected_base', 'receivables.billed') }} as collection_share
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('clocks') }} as clocks
    inner join assessed on customers.customer_key = assessed.customer_key and assessed.place = 1
    inner join tiers on customers.customer_key = tiers.customer_key
    left join {{ ref('int_customer_channels') }} as channels on customers.customer_key = channels.customer_key
    left join {{ ref('dim_employees') }} as owners on customers.owner_employee_no = owners.employee_no
    left join windows on customers.customer_key = windows.customer_key
    left join receivables on customers.customer_key = receivables.customer_key
    left join chances on customers.customer_key = chances.customer_key
    left join strategic on customers.customer_key = strategic.customer_key and strategic.place = 1
    left join policies on assessed.tier = policies.tier
)

select
    customer_key,
    name,
    uscc,
    region,
    industry,
    crms,
    channel,
    owner_employee_no,
    owner_name,
    segment,
    tier,
    tier_before,
    tier_source,
    strategy,
    next_step,
    strategy_approved_by,
    cast(order_days as integer) as order_days,
    cast(signed_base as decimal(18, 4)) as signed_base,
    cast(collected_base as decimal(18, 4)) as collected_base,
    cast(balance as decimal(18, 4)) as receivables_base,
    cast(pipeline_base as decimal(18, 4)) as pipeline_base,
    cast(wallet_base as decimal(18, 4)) as wallet_base,
    {{ ratio('signed_base', 'wallet_base') }} as wallet_share,
    cast(potential_base as decimal(18, 4)) as potential_base,
    cast(open_opportunities as integer) as open_opportunities,
    visit_within_days,
    cast(max_discount as decimal(18, 6)) as max_discount,
    max_credit_days,
    is_visit_overdue,
    r_score,
    f_score,
    m_score,
    month_orders,
    month_signed_base,
    month_collected_base,
    month_valid_visits,
    month_cases,
    cast(active_months as integer) as active_months,
    cast(cases as integer) as cases,
    cast(billed as decimal(18, 4)) as billed_base,
    collection_share,
    price_realisation,
    {% for score, value, order in [
        ('sales_score', 'signed_base', 'signed_base'), ('collection_score', 'collection_share', 'collection_share'),
        ('price_score', 'price_realisation', 'price_realisation'), ('loyalty_score', 'active_months', 'active_months'),
        ('complaint_score', 'cases', 'cases desc'),
    ] %}
    case when order_days > 0 and {{ value }} is not null then cast(1 + {{ whole_quotient(
        '5 * (rank() over (partition by segment, case when order_days > 0 and ' ~ value ~ ' is not null then 1 else 0 end order by ' ~ order ~ ') - 1)',
        'count(*) over (partition by segment, case when order_days > 0 and ' ~ value ~ ' is not null then 1 else 0 end)'
    ) }} as integer) end as {{ score }},
    {% endfor %}
    first_order_date,
    last_order_date,
    tier_since,
    next_step_due,
    next_close_date,
    last_visit_on,
    review_month
from carded
