{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

-- A receivable is what is billed on an order (or, without one, on an invoice) less credit notes, write-offs and what is applied,
-- never below zero: cash that came before the invoice waits for it.
with entries as (
    select
        entries.*,
        coalesce(channels.channel, 'unassigned') as channel,
        coalesce(settlements.settlement, 'unassigned') as settlement
    from {{ ref('fct_receivable_entries') }} as entries
    left join {{ ref('int_customer_channels') }} as channels on entries.customer_key = channels.customer_key
    left join {{ ref('int_order_settlements') }} as settlements on entries.order_key = settlements.order_key
),

units as (
    select
        coalesce(order_key, crm || ':' || invoice_no) as unit,
        min(employee_no) as employee_no,
        min(department_id) as department_id,
        min(channel) as channel,
        min(settlement) as settlement
    from entries
    where entry_type = 'invoice'
    group by coalesce(order_key, crm || ':' || invoice_no)
),

-- Cash that goes back answers to those who shared the order when its first cash came, a credit note to those of the invoice's day.
payments as (
    select
        payments.*,
        coalesce(payments.order_key, payments.crm || ':' || payments.invoice_no) as unit,
        case when payments.amount_base < 0 then least(firsts.paid_on, payments.payment_date) else payments.payment_date end as credit_day
    from {{ ref('fct_payments') }} as payments
    left join (
        select order_key, min(payment_date) as paid_on from {{ ref('fct_payments') }} where order_key is not null group by order_key
    ) as firsts on payments.order_key = firsts.order_key
),

billed_on as (
    select crm, invoice_no, min(entry_date) as entry_date from entries where entry_type = 'invoice' group by crm, invoice_no
),

movements as (
    select coalesce(order_key, crm || ':' || invoice_no) as unit, entry_date as moved_on, amount_base as amount from entries
    union all
    select unit, applied_date as moved_on, -amount_base as amount from payments where is_applied
),

daily as (
    select unit, moved_on, sum(amount) as amount
    from movements
    where unit in (select unit from units)
    group by unit, moved_on
),

cumulated as (
    select
        unit,
        moved_on,
        sum(amount) over (partition by unit order by moved_on rows between unbounded preceding and current row) as to_here,
        amount
    from daily
),

-- What is applied to nothing yet: as the row says, and what lay there from its receipt to its application.
unapplied as (
    select payment_date as moved_on, employee_no, department_id, amount_base as amount
    from payments where is_cash and not is_applied
    union all
    select payment_date, employee_no, department_id, amount_base from payments where is_cash and is_applied and payment_date < applied_date
    union all
    select applied_date, employee_no, department_id, -amount_base from payments where is_cash and is_applied and payment_date < applied_date
),

changes as (
    select
        'receivables_balance' as metric_id,
        units.employee_no,
        units.department_id,
        units.channel,
        units.settlement,
        {{ period_start('month', 'cumulated.moved_on') }} as month,
        sum(greatest(cumulated.to_here, 0) - greatest(cumulated.to_here - cumulated.amount, 0)) as amount
    from cumulated
    inner join units on cumulated.unit = units.unit
    group by 1, 2, 3, 4, 5, 6
    union all
    select 'unapplied_cash', employee_no, department_id, 'unassigned', 'unassigned', {{ period_start('month', 'moved_on') }}, sum(amount)
    from unapplied
    group by 1, 2, 3, 4, 5, 6
),

months as (
    select months.*
    from {{ ref('int_period_months') }} as months
    cross join {{ ref('clocks') }} as clocks
    where months.month <= clocks.as_of and months.month >= (select min(month) from changes)
),

balances as (
    select
        changes.metric_id,
        months.month,
        changes.employee_no,
        changes.department_id,
        changes.channel,
        changes.settlement,
        sum(changes.amount) as amount
    from changes
    inner join months on months.period_type = 'month' and changes.month <= months.month
    group by changes.metric_id, months.month, changes.employee_no, changes.department_id, changes.channel, changes.settlement
),

spans as (
    select distinct months.period_type, months.period_start, months.period_end
    from months
),

openings as (
    select spans.period_type, spans.period_start, balances.employee_no, balances.department_id, balances.amount
    from spans
    inner join balances
        on balances.metric_id = 'receivables_balance' and balances.month = {{ add_months('spans.period_start', -1) }}
),

closings as (
    select
        spans.period_type, spans.period_start, balances.employee_no, balances.department_id, balances.settlement, balances.amount,
        {{ days_between('spans.period_start', 'least(spans.period_end, ' ~ days_after('clocks.as_of', 1) ~ ')') }} as days
    from spans
    cross join {{ ref('clocks') }} as clocks
    inner join months on spans.period_type = months.period_type and spans.period_start = months.period_start and months.is_last_month
    inner join balances on balances.metric_id = 'receivables_balance' and months.month = balances.month
),

-- Billed and paid as stretches: cash that names the invoice lies on the invoice, other cash along the order by due date.
billed as (
    select
        coalesce(case when direct.is_direct then entries.crm || ':' || entries.invoice_no end, entries.order_key) as lane,
        entries.entry_key,
        entries.customer_key,
        entries.entry_date as billed_on,
        entries.employee_no,
        entries.department_id,
        sum(entries.amount_base) over (
            partition by coalesce(case when direct.is_direct then entries.crm || ':' || entries.invoice_no end, entries.order_key)
            order by entries.due_date, entries.invoice_no, entries.instalment_no, entries.entry_key
            rows between unbounded preceding and current row
        ) as to_here,
        entries.amount_base as amount
    from entries
    left join (
        select distinct crm, invoice_no, true as is_direct from payments where is_applied and invoice_no is not null
    ) as direct on entries.crm = direct.crm and entries.invoice_no = direct.invoice_no
    where entries.entry_type = 'invoice'
),

paid as (
    select
        coalesce(crm || ':' || invoice_no, order_key) as lane,
        payment_key,
        payment_date,
        method,
        is_cash,
        sum(amount_base) over (
            partition by coalesce(crm || ':' || invoice_no, order_key) order by applied_date, payment_key
            rows between unbounded preceding and current row
        ) as to_here,
        amount_base as amount
    from payments
    where is_applied
),

matched as (
    select
        billed.entry_key,
        billed.customer_key,
        billed.billed_on,
        paid.payment_key,
        paid.payment_date,
        paid.method,
        billed.employee_no,
        billed.department_id,
        {{ overlap('billed.to_here - billed.amount', 'billed.to_here', 'paid.to_here - paid.amount', 'paid.to_here') }} as amount
    from billed
    inner join paid
        on billed.lane = paid.lane
        and paid.is_cash
        and billed.to_here - billed.amount < paid.to_here
        and paid.to_here - paid.amount < billed.to_here
),

-- Cash against the terms in force when it was billed; a drawdown was there before, whenever it is applied.
terms as (
    select
        matched.*,
        agreed.settlement,
        coalesce(agreed.credit_days, 0) as credit_days,
        case
            when matched.method = 'prepaid_drawdown' then least({{ days_between('matched.billed_on', 'matched.payment_date') }}, 0)
            else {{ days_between('matched.billed_on', 'matched.payment_date') }}
        end as taken_days,
        row_number() over (
            partition by matched.entry_key, matched.payment_key order by agreed.valid_from desc, agreed.settlement, agreed.credit_days
        ) as place
    from matched
    inner join {{ ref('int_customer_classes') }} as agreed
        on matched.customer_key = agreed.customer_key
        and agreed.settlement is not null
        and {{ holds_on('agreed', 'matched.billed_on') }}
),

drifts as (
    select
        {{ period_start('month', 'payment_date') }} as month,
        employee_no,
        department_id,
        sum(amount) as amount,
        sum(amount * (taken_days - case when settlement = 'prepay' then 0 else credit_days end)) as amount_days,
        sum(case
            when taken_days > case when settlement = 'prepay' then 0 else credit_days end
                or (method = 'acceptance_bill') <> (settlement = 'acceptance_bill') then amount
            else 0
        end) as amount_off
    from terms
    where place = 1
    group by 1, 2, 3
),

period_events as (
    select
        'collection_rate' as metric_id, spans.period_type, spans.period_start, payments.employee_no, payments.department_id, 'any' as settlement,
        payments.amount_base as numerator, 0 as denominator
    from payments
    inner join spans on spans.period_start <= payments.payment_date and payments.payment_date < spans.period_end
    where payments.is_cash and payments.is_applied
    union all
    select 'collection_rate', period_type, period_start, employee_no, department_id, 'any', 0, amount from openings
    union all
    select metric_id, spans.period_type, spans.period_start, entries.employee_no, entries.department_id, entries.settlement, 0, entries.amount_base
    from entries
    inner join spans on spans.period_start <= entries.entry_date and entries.entry_date < spans.period_end
    cross join (
        select 'collection_rate' as metric_id union all select 'collection_rate_current' union all select 'days_sales_outstanding'
    ) as metrics
    where entries.entry_type = 'invoice'
    union all
    select
        'collection_rate_current', spans.period_type, spans.period_start, matched.employee_no, matched.department_id, 'any', matched.amount, 0
    from matched
    inner join spans
        on spans.period_start <= matched.billed_on and matched.billed_on < spans.period_end
        and spans.period_start <= matched.payment_date and matched.payment_date < spans.period_end
    union all
    select 'days_sales_outstanding', period_type, period_start, employee_no, department_id, settlement, amount * days, 0 from closings
)

select
    metric_id, cast(null as {{ dbt.type_string() }}) as period_type,
    'organisation' as axis, 'all' as member, event_id, order_key, credit_day, event_date, employee_no,
    department_id, amount as numerator, 0 as denominator
from (
    select 'collections' as metric_id, payment_key as event_id, order_key, credit_day, payment_date as event_date, employee_no, department_id, amount_base as amount
    from payments where is_cash and is_applied
    union all
    select 'refunds', payment_key, order_key, credit_day, payment_date, employee_no, department_id, amount_base
    from payments where is_cash and amount_base < 0 and method = 'refund'
    union all
    select 'bounced_notes', payment_key, order_key, credit_day, payment_date, employee_no, department_id, amount_base
    from payments where is_cash and amount_base < 0 and method = 'acceptance_bill'
    union all
    select 'prepaid_drawdowns', payment_key, order_key, credit_day, payment_date, employee_no, department_id, amount_base
    from payments where is_applied and method = 'prepaid_drawdown'
    union all
    select 'rebates_settled', payment_key, order_key, credit_day, payment_date, employee_no, department_id, amount_base
    from payments where is_applied and not is_cash
    union all
    select 'rebates_net', payment_key, order_key, credit_day, payment_date, employee_no, department_id, coalesce(net_amount_base, amount_base)
    from payments where is_applied and not is_cash
    union all
    select
        'invoiced_sales', entries.entry_key, entries.order_key, coalesce(billed_on.entry_date, entries.entry_date), entries.entry_date,
        entries.employee_no, entries.department_id, entries.net_amount_base
    from entries
    left join billed_on on entries.crm = billed_on.crm and entries.invoice_no = billed_on.invoice_no
    where entries.entry_type in ('invoice', 'credit_note')
) as flows
{% set whose = "coalesce(employee_no, 'unassigned') || '|' || coalesce(department_id, 'unassigned')" %}
{% for axis, member in [('organisation', "'all'"), ('channel', 'channel')] %}
union all
select
    metric_id, cast(null as {{ dbt.type_string() }}) as period_type, '{{ axis }}' as axis, {{ member }} as member, {{ whose }} as event_id,
    cast(null as {{ dbt.type_string() }}) as order_key, month as credit_day, month as event_date, employee_no, department_id, sum(amount) as numerator, 0 as denominator
from balances
{{ "where metric_id = 'receivables_balance'" if axis == 'channel' }}
group by metric_id, {{ "channel, " if axis == 'channel' }}month, employee_no, department_id
{% endfor %}
{% for metric_id, numerator in [('payment_days_drift', 'amount_days'), ('settlement_drift_rate', 'amount_off')] %}
union all
select
    '{{ metric_id }}', cast(null as {{ dbt.type_string() }}), 'organisation', 'all', {{ whose }}, cast(null as {{ dbt.type_string() }}), month, month,
    employee_no, department_id, {{ numerator }}, amount
from drifts
{% endfor %}
{% for axis, member in [('organisation', "'all'"), ('settlement', 'settlement')] %}
union all
select
    metric_id, period_type, '{{ axis }}' as axis, {{ member }} as member, {{ whose }} as event_id,
    cast(null as {{ dbt.type_string() }}) as order_key, period_start as credit_day, period_start as event_date, employee_no, department_id, sum(numerator) as numerator, sum(denominator) as denominator
from period_events
{{ "where metric_id = 'days_sales_outstanding'" if axis == 'settlement' }}
group by metric_id, {{ "settlement, " if axis == 'settlement' }}period_type, period_start, employee_no, department_id
{% endfor %}
