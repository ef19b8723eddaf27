-- Contract cost of orders billed over more than the expedient's months is spread over them; all other commission is expense at once.
with limits as (
    select * from {{ ref('int_commission_limits') }}
),

-- Of each event and component the order and the cash behind it; somebody credited in two roles is one row.
behind as (
    select
        event_id,
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        max(order_key) as order_key,
        max(payment_key) as payment_key
    from {{ ref('commission_credits') }}
    group by event_id, payee_no, plan_id, plan_hash, component_id
),

months as (
    select distinct lines.posting_period as month
    from {{ ref('commission_lines') }} as lines
    inner join {{ ref('clocks') }} as clocks on lines.posting_period <= {{ period_name('month', 'clocks.as_of') }}
),

billed_until as (
    select order_key, max(due_date) as last_due
    from {{ ref('receivables') }}
    where order_key is not null
    group by order_key
),

earned as (
    select
        events.month,
        cast(substr(events.month, 1, 4) as integer) * 12 + cast(substr(events.month, 6, 2) as integer) as month_no,
        extract(year from billed_until.last_due) * 12 + extract(month from billed_until.last_due) as last_month_no,
        extract(year from orders.order_date) * 12 + extract(month from orders.order_date) as first_month_no,
        events.amount
    from {{ ref('commission_earning_events') }} as events
    inner join behind
        on events.event_id = behind.event_id
        and events.payee_no = behind.payee_no
        and events.plan_id = behind.plan_id
        and events.plan_hash = behind.plan_hash
        and events.component_id = behind.component_id
    left join {{ ref('fct_orders') }} as orders on behind.order_key = orders.order_key
    left join billed_until on behind.order_key = billed_until.order_key
),

capitalised as (
    select
        earned.month,
        earned.month_no,
        cast(earned.last_month_no - earned.month_no + 1 as integer) as run_months,
        cast(sum(earned.amount) as decimal(18, 2)) as amount
    from earned
    cross join limits
    where earned.last_month_no - earned.first_month_no > limits.expedient_months and earned.last_month_no > earned.month_no
    group by earned.month, earned.month_no, earned.last_month_no
),

spread as (
    select
        months.month,
        sum(case when capitalised.month = months.month then capitalised.amount else 0 end) as capitalised,
        sum({{ share_of('capitalised.amount', 'least(' ~ "cast(substr(months.month, 1, 4) as integer) * 12 + cast(substr(months.month, 6, 2) as integer)" ~ ' - capitalised.month_no + 1, capitalised.run_months)', 'capitalised.run_months', places=2) }}
            - case when capitalised.month = months.month then 0 else
                {{ share_of('capitalised.amount', 'least(' ~ "cast(substr(months.month, 1, 4) as integer) * 12 + cast(substr(months.month, 6, 2) as integer)" ~ ' - capitalised.month_no, capitalised.run_months)', 'capitalised.run_months', places=2) }}
            end) as amortised
    from months
    inner join capitalised on capitalised.month <= months.month
    group by months.month
),

booked as (
    select
        months.month,
        sum(case when lines.posting_period = months.month and lines.entry_type in ('EARN', 'SPIFF', 'AWARD') then lines.amount else 0 end) as earned,
        sum(case when lines.posting_period = months.month and lines.entry_type = 'WRITE_OFF' then lines.amount else 0 end) as written_off,
        sum(case when lines.posting_period = months.month then lines.amount else 0 end) as payable,
        sum(case
            when lines.posting_period <> months.month then 0
            when lines.entry_type in ('CAP_WITHHELD', 'CAP_RELEASE', 'HOLD', 'HOLD_RELEASE', 'HOLDBACK', 'HOLDBACK_RELEASE') then 0
            when lines.entry_type in ('DRAW_RECOVERY', 'CLAWBACK_RECOVERY') or (lines.entry_type = 'DRAW' and coalesce(lines.reason, '') <> '保障补足') then 0
            else lines.amount
        end) as cost,
        sum(case
            when periods.paid_at is null or {{ local_date('periods.paid_at', 'clocks.time_zone') }}
                >= {{ add_months("cast(months.month || '-01' as date)", 1) }} then lines.amount
            else 0
        end) as unpaid
    from months
    inner join {{ ref('commission_lines') }} as lines on lines.posting_period <= months.month
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('dim_commission_periods') }} as periods on lines.posting_period = periods.period
    group by months.month
),

balances as (
    select
        month,
        sum(case when balance_kind in ('cap', 'hold', 'holdback') then closing else 0 end) as withheld,
        sum(case when balance_kind = 'clawback' then -closing else 0 end) as clawback_receivable,
        sum(case when balance_kind = 'draw' then -closing else 0 end) as draw_receivable
    from {{ ref('commission_balances') }}
    group by month
),

-- What open receivables would earn at what the same people's cash of twelve months earned on average.
usual as (
    select
        behind.payee_no,
        cast(sum(events.base_amount) as decimal(18, 4)) as base_amount,
        cast(sum(events.amount) as decimal(18, 2)) as amount
    from behind
    inner join {{ ref('commission_earning_events') }} as events
        on behind.event_id = events.event_id
        and behind.payee_no = events.payee_no
        and behind.plan_id = events.plan_id
        and behind.plan_hash = events.plan_hash
        and behind.component_id = events.component_id
    cross join {{ ref('clocks') }} as clocks
    where behind.payment_key is not null and events.event_date > {{ add_months('clocks.as_of', -12) }}
    group by behind.payee_no
),

open_cash as (
    select
        receivables.bucket,
        {{ share_of(
            share_of('receivables.outstanding_amount_base', 'orders.net_amount', 'orders.gross_amount', places=4),
            'usual.amount', 'usual.base_amount', places=4
        ) }} as commission
    from {{ ref('receivables') }} as receivables
    inner join {{ ref('fct_orders') }} as orders on receivables.order_key = orders.order_key
    inner join usual on orders.employee_no = usual.payee_no
    where receivables.outstanding_amount_base > 0 and usual.base_amount > 0
),

contingent as (
    select
        sum(open_cash.commission) as gross,
        sum(cast(open_cash.commission as decimal(18, 4)) * cast(1 - case open_cash.bucket
            when 'not_due' then limits.not_due
            when 'd1_30' then limits.d1_30
            when 'd31_60' then limits.d31_60
            when 'd61_90' then limits.d61_90
            when 'd91_180' then limits.d91_180
            when 'd181_365' then limits.d181_365
            else limits.d366_plus
        end as decimal(9, 6))) as expected
    from open_cash
    cross join limits
)

select
    booked.month,
    cast(booked.earned as decimal(18, 2)) as earned,
    cast(booked.written_off as decimal(18, 2)) as written_off,
    cast(booked.payable as decimal(18, 2)) as payable,
    cast(booked.unpaid as decimal(18, 2)) as earned_unpaid,
    cast(coalesce(balances.withheld, 0) as decimal(18, 2)) as withheld,
    cast(coalesce(balances.clawback_receivable, 0) as decimal(18, 2)) as clawback_receivable,
    cast(coalesce(balances.draw_receivable, 0) as decimal(18, 2)) as draw_receivable,
    cast(coalesce(spread.capitalised, 0) as decimal(18, 2)) as capitalised,
    cast(coalesce(spread.amortised, 0) as decimal(18, 2)) as amortised,
    cast(booked.cost - coalesce(spread.capitalised, 0) + coalesce(spread.amortised, 0) as decimal(18, 2)) as expense,
    cast(case when booked.month = {{ period_name('month', 'clocks.as_of') }} then coalesce(contingent.gross, 0) end as decimal(18, 2)) as contingent_on_cash,
    cast(case when booked.month = {{ period_name('month', 'clocks.as_of') }} then coalesce(contingent.expected, 0) end as decimal(18, 2)) as contingent_expected
from booked
cross join {{ ref('clocks') }} as clocks
cross join contingent
left join balances on booked.month = balances.month
left join spread on booked.month = spread.month
