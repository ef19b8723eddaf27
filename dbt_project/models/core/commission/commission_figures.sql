-- 1. What people did, day by day: cash and signatures without VAT, margin, new customers, visits.
with deeds as (
    select
        events.owner_at_signature as payee_no,
        case events.event_type when 'signed' then 'signed_ex_tax' else 'collected_ex_tax' end as name,
        events.event_date as day,
        cast(round(cast(events.amount_ex_tax as decimal(25, 10)) * orders.fx_rate, 4) as decimal(38, 4)) as value
    from {{ ref('commission_events') }} as events
    inner join {{ ref('fct_orders') }} as orders on events.transaction_id = orders.order_key
    where events.grain <> 'line'
        and (events.event_type = 'signed' or (events.event_type = 'cash_applied' and events.is_cash and events.is_applied))
    union all
    select
        events.owner_at_signature as payee_no,
        'gross_margin' as name,
        events.event_date as day,
        cast(round(cast(events.gross_margin as decimal(25, 10)) * orders.fx_rate, 4) as decimal(38, 4)) as value
    from {{ ref('commission_events') }} as events
    inner join {{ ref('fct_orders') }} as orders on events.transaction_id = orders.order_key
    where events.grain <> 'line' and events.event_type = 'signed' and events.gross_margin <> 0
    union all
    select payee_no, 'new_customers' as name, day, cast(1 as decimal(38, 4)) as value
    from (
        select owner_at_signature as payee_no, customer_key, min(event_date) as day
        from {{ ref('commission_events') }}
        where event_type = 'signed' and grain <> 'line' and customer_class = 'new' and original_event_id is null
        group by owner_at_signature, customer_key
    ) as firsts
    union all
    select employee_no as payee_no, 'visits' as name, visit_date as day, cast(1 as decimal(38, 4)) as value
    from {{ ref('fct_visits') }}
    union all
    select employee_no as payee_no, 'valid_visits' as name, visit_date as day, cast(1 as decimal(38, 4)) as value
    from {{ ref('fct_visits') }}
    where is_valid
),

{% set names = {'month': 'day', 'quarter': add_months('day', '1 - clocks.fiscal_year_start_month'), 'year': add_months('day', '1 - clocks.fiscal_year_start_month')} -%}
counted as (
    {% for period_type, shifted in names.items() -%}
    select deeds.payee_no, {{ period_name(period_type, shifted) }} as period, deeds.name, sum(deeds.value) as value, max(deeds.day) as reached_on
    from deeds
    cross join {{ ref('clocks') }} as clocks
    where deeds.payee_no is not null
    group by deeds.payee_no, {{ period_name(period_type, shifted) }}, deeds.name
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- 2. What was owed at the end of each month, and how much of it was past due: bills and credit notes by their own dates, cash by the due
-- date of the instalment it paid.
owed as (
    select orders.employee_no as payee_no, bills.invoice_date as day, bills.due_date, {{ in_base('bills.billed_amount', 'orders.fx_rate') }} as amount
    from {{ ref('int_instalments') }} as bills
    inner join {{ ref('fct_orders') }} as orders on bills.order_key = orders.order_key
    union all
    select
        orders.employee_no as payee_no,
        entries.entry_date as day,
        bills.due_date,
        {{ in_base('-entries.amount', 'orders.fx_rate') }} as amount
    from {{ ref('stg_company__ar_ledger') }} as entries
    inner join (
        select crm, invoice_no, min(order_key) as order_key, min(due_date) as due_date from {{ ref('int_instalments') }} group by crm, invoice_no
    ) as bills on entries.crm = bills.crm and entries.invoice_no = bills.invoice_no
    inner join {{ ref('fct_orders') }} as orders on bills.order_key = orders.order_key
    where entries.entry_type in ('credit_note', 'write_off')
    union all
    select
        orders.employee_no as payee_no,
        cash.event_date as day,
        coalesce(cash.due_date, originals.due_date) as due_date,
        {{ in_base('cash.moved_from - cash.moved_to', 'orders.fx_rate') }} as amount
    from {{ ref('int_commission_movements') }} as cash
    inner join {{ ref('fct_orders') }} as orders on cash.order_key = orders.order_key
    left join {{ ref('int_commission_movements') }} as originals on cash.original_event_id = originals.event_id
    where cash.event_type = 'cash_applied' and coalesce(cash.due_date, originals.due_date) is not null
),

months as (
    select distinct {{ period_start('month', 'owed.day') }} as month
    from owed
    cross join {{ ref('clocks') }} as clocks
    where owed.day <= clocks.as_of
),

standing as (
    select
        owed.payee_no,
        months.month,
        sum(owed.amount) as outstanding,
        sum(case when owed.due_date < {{ add_months('months.month', '1') }} - 1 then owed.amount else 0 end) as overdue
    from months
    inner join owed on owed.day < {{ add_months('months.month', '1') }}
    where owed.payee_no is not null
    group by owed.payee_no, months.month
),

ratios as (
    select
        payee_no,
        {{ period_name('month', 'month') }} as period,
        coalesce(case when outstanding > 0 then {{ ratio('greatest(overdue, 0)', 'outstanding') }} end, 0) as value
    from standing
),

-- 3. What people wrote down stands over what we count.
figures as (
    select employee_no as payee_no, period, name, value, reached_on, 1 as place from {{ ref('stg_company__payee_figures') }}
    union all
    select payee_no, period, name, value, reached_on, 2 as place from counted
    {% for name in ['overdue_ratio', 'overdue'] -%}
    union all
    select payee_no, period, '{{ name }}' as name, value, cast(null as date) as reached_on, 2 as place from ratios
    {% endfor -%}
),

ranked as (
    select figures.*, row_number() over (partition by payee_no, period, name order by place) as rank_no from figures
)

select
    payee_no,
    period,
    name,
    cast(value as decimal(38, 10)) as value,
    reached_on
from ranked
where rank_no = 1
