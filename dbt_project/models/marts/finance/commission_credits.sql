{%- set before = '(payments.paid_to_date - payments.order_currency_amount)' -%}
-- What earned, for whom, under which plan: the owner at signature takes the whole event.
with events as (
    select
        'cash_applied' as event,
        payments.payment_key as event_id,
        orders.employee_no as payee_no,
        payments.payment_date,
        payments.posting_date,
        payments.order_key,
        payments.payment_key,
        orders.customer_key,
        -- Telescoped over the order with ten places, so that part payments in any cut add up to the whole.
        cast(round(cast(
            cast({{ share_of('orders.net_amount', 'payments.paid_to_date', 'orders.gross_amount', places=10) }} as decimal(23, 10))
            - cast({{ share_of('orders.net_amount', before, 'orders.gross_amount', places=10) }} as decimal(23, 10))
            as decimal(24, 10)
        ) * orders.fx_rate, 10) as decimal(38, 10)) as amount_ex_tax,
        cast(payments.amount_base as decimal(38, 10)) as amount_incl_tax
    from {{ ref('fct_payments') }} as payments
    inner join {{ ref('fct_orders') }} as orders on payments.order_key = orders.order_key
    where payments.is_applied and payments.is_cash and orders.is_counted
    union all
    select
        'signed' as event,
        order_key as event_id,
        employee_no as payee_no,
        order_date as payment_date,
        order_date as posting_date,
        order_key,
        cast(null as {{ dbt.type_string() }}) as payment_key,
        customer_key,
        cast(net_amount_base as decimal(38, 10)) as amount_ex_tax,
        cast(gross_amount_base as decimal(38, 10)) as amount_incl_tax
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select
        'signed' as event,
        return_key as event_id,
        employee_no as payee_no,
        return_date as payment_date,
        return_date as posting_date,
        order_key,
        cast(null as {{ dbt.type_string() }}) as payment_key,
        customer_key,
        cast(-net_amount_base as decimal(38, 10)) as amount_ex_tax,
        cast(-gross_amount_base as decimal(38, 10)) as amount_incl_tax
    from {{ ref('fct_returns') }}
),

components as (
    select
        plan_id,
        plan_version,
        plan_hash,
        component_id,
        event,
        measure,
        accumulate,
        case when date_basis = 'posting_date' then 'posting_date' else 'payment_date' end as date_basis,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from {{ ref('dim_plan_tiers') }}
    group by plan_id, plan_version, plan_hash, component_id, event, measure, accumulate, date_basis
),

dated as (
    select
        events.event_id,
        events.payee_no,
        events.order_key,
        events.payment_key,
        events.customer_key,
        components.component_id,
        components.plan_id,
        components.plan_hash,
        components.plan_version,
        components.accumulate,
        components.valid_from,
        components.valid_to,
        case when components.date_basis = 'posting_date' then events.posting_date else events.payment_date end as event_date,
        case
            when components.measure = 'amount_ex_tax' then events.amount_ex_tax
            when components.measure = 'amount_incl_tax' then events.amount_incl_tax
        end as base_amount
    from events
    inner join {{ ref('dim_plan_assignments') }} as assignments on events.payee_no = assignments.employee_no
    inner join components on events.event = components.event and assignments.plan_id = components.plan_id
    where {{ holds_on('assignments', "case when components.date_basis = 'posting_date' then events.posting_date else events.payment_date end") }}
),

ranked as (
    select
        dated.*,
        row_number() over (partition by event_id, payee_no, plan_id, component_id order by plan_version desc) as place
    from dated
    where {{ holds_on('dated', 'dated.event_date') }}
)

select
    event_id,
    payee_no,
    component_id,
    plan_id,
    plan_hash,
    event_date,
    {{ period_name('month', 'event_date') }} as month,
    case accumulate
        when 'month' then {{ period_name('month', 'event_date') }}
        when 'quarter' then {{ period_name('quarter', 'event_date') }}
        when 'year' then {{ period_name('year', 'event_date') }}
        else event_id
    end as window_period,
    order_key,
    payment_key,
    customer_key,
    cast(1 as decimal(9, 6)) as share,
    base_amount
from ranked
where place = 1
