{{ config(schema='intermediate', contract={'enforced': false}) }}

-- Every event of an order as a stretch of it: from `moved_from` to `moved_to` of `whole`. What an event is worth is the order's value up to
-- the one less its value up to the other, so that events in any cut and order add up to the order, over its lines as over time.
with orders as (
    select orders.*, days.header_amount, days.first_seen_on
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('int_order_days') }} as days
        on orders.order_key = days.order_key and days.next_on = cast('9999-12-31' as date)
),

-- Signed: from the first day on which the order counts; later changes, cancellations and revivals on their own days.
starts as (
    select
        orders.order_key,
        greatest(orders.order_date, min(days.changed_on)) as starts_on
    from orders
    inner join {{ ref('int_order_days') }} as days on orders.order_key = days.order_key
    where days.is_counted
    group by orders.order_key, orders.order_date
),

worth as (
    select
        days.order_key,
        days.changed_on,
        days.next_on,
        starts.starts_on,
        days.changed_on <= starts.starts_on as is_first,
        case when days.is_counted then coalesce(days.header_amount, 0) else 0 end as header_amount
    from {{ ref('int_order_days') }} as days
    inner join starts on days.order_key = starts.order_key
    where days.next_on > starts.starts_on
),

signed as (
    select
        'signed' as event_type,
        case when worth.is_first then worth.order_key else worth.order_key || ':' || cast(worth.changed_on as {{ dbt.type_string() }}) end as event_id,
        worth.order_key,
        case when worth.is_first then orders.order_date else worth.changed_on end as event_date,
        case
            when worth.is_first then orders.first_seen_on
            else greatest(worth.changed_on, coalesce(orders.first_seen_on, worth.changed_on))
        end as first_seen_on,
        coalesce(lag(worth.header_amount) over (partition by worth.order_key order by worth.changed_on), 0) as moved_from,
        worth.header_amount as moved_to,
        orders.header_amount as whole
    from worth
    inner join orders on worth.order_key = orders.order_key
),

-- Without the order's own amount in the log (a version that says none) the order stands as it is.
returned as (
    select
        returns.return_key,
        returns.order_key,
        returns.return_date,
        orders.gross_amount as whole,
        cast(case
            when orders.fx_rate = 1 then returns.gross_amount_base
            else {{ share_of('returns.gross_amount_base', '1', 'orders.fx_rate', scale=6) }}
        end as decimal(18, 4)) as amount
    from {{ ref('fct_returns') }} as returns
    inner join orders on returns.order_key = orders.order_key
    where orders.is_counted
),

-- Cash is laid along the instalments it pays, by due date: of the invoice it names, else of the order; what is more has no due date.
applied as (
    select
        payments.payment_key,
        payments.crm,
        payments.order_key,
        payments.invoice_no,
        payments.is_cash,
        payments.method,
        payments.payment_date,
        payments.posting_date,
        payments.order_currency_amount as amount,
        payments.paid_to_date - payments.order_currency_amount as paid_before,
        case
            when payments.invoice_no is not null then 'invoice:' || payments.crm || ':' || payments.invoice_no
            else 'order:' || payments.order_key
        end as debt
    from {{ ref('fct_payments') }} as payments
    inner join orders on payments.order_key = orders.order_key
    where payments.is_applied and orders.is_counted
),

debts as (
    select 'invoice:' || crm || ':' || invoice_no as debt, due_date, sum(billed_amount) as amount
    from {{ ref('int_instalments') }}
    group by crm, invoice_no, due_date
    union all
    select 'order:' || order_key as debt, due_date, sum(billed_amount) as amount
    from {{ ref('int_instalments') }}
    where order_key is not null
    group by order_key, due_date
),

instalments as (
    select
        debt,
        due_date,
        cast(sum(amount) over (partition by debt order by due_date rows between unbounded preceding and current row) - amount as decimal(18, 4)) as starts_at,
        cast(sum(amount) over (partition by debt order by due_date rows between unbounded preceding and current row) as decimal(18, 4)) as ends_at
    from debts
    where amount > 0
),

beyond as (
    select applied.debt, cast(null as date) as due_date, coalesce(max(instalments.ends_at), 0) as starts_at, cast(10000000000000 as decimal(18, 4)) as ends_at
    from applied
    left join instalments on applied.debt = instalments.debt
    group by applied.debt
),

stretches as (
    select
        applied.*,
        cast(sum(amount) over (
            partition by debt order by payment_date, payment_key rows between unbounded preceding and current row
        ) as decimal(18, 4)) as reaches
    from applied
    where amount > 0
),

pieces as (
    select
        stretches.payment_key,
        stretches.order_key,
        stretches.is_cash,
        stretches.method,
        stretches.payment_date,
        stretches.posting_date,
        stretches.amount,
        laid.due_date,
        stretches.paid_before + greatest(stretches.reaches - stretches.amount, laid.starts_at) - (stretches.reaches - stretches.amount) as moved_from,
        stretches.paid_before + least(stretches.reaches, laid.ends_at) - (stretches.reaches - stretches.amount) as moved_to,
        row_number() over (partition by stretches.payment_key order by laid.starts_at) as piece_no,
        count(*) over (partition by stretches.payment_key) as piece_count
    from stretches
    inner join (
        select debt, due_date, starts_at, ends_at from instalments
        union all
        select debt, due_date, starts_at, ends_at from beyond
    ) as laid
        on stretches.debt = laid.debt
        and laid.starts_at < stretches.reaches
        and stretches.reaches - stretches.amount < laid.ends_at
),

received as (
    select
        pieces.*,
        case when piece_count = 1 then payment_key else payment_key || ':' || cast(piece_no as {{ dbt.type_string() }}) end as event_id,
        row_number() over (
            partition by order_key, is_cash, piece_count, amount order by payment_date, payment_key, piece_no
        ) as twin_no
    from pieces
),

given_back as (
    select
        applied.*,
        row_number() over (partition by order_key, is_cash, amount order by payment_date, payment_key) as twin_no
    from applied
    where amount < 0
),

-- Money that goes back belongs to a payment of the same amount, if there is one; else to the oldest that nothing took back yet.
twins as (
    select
        given_back.payment_key,
        received.event_id as original_event_id
    from given_back
    inner join received
        on given_back.order_key = received.order_key
        and given_back.is_cash = received.is_cash
        and received.piece_count = 1
        and -given_back.amount = received.amount
        and given_back.twin_no = received.twin_no
        and received.payment_date <= given_back.payment_date
),

kept as (
    select
        received.event_id,
        received.order_key,
        received.is_cash,
        received.payment_date,
        cast(sum(received.moved_to - received.moved_from) over (
            partition by received.order_key, received.is_cash order by received.payment_date, received.payment_key, received.piece_no
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as reaches,
        received.moved_to - received.moved_from as amount
    from received
    left join twins on received.event_id = twins.original_event_id
    where twins.payment_key is null
),

lost as (
    select
        given_back.*,
        cast(sum(-given_back.amount) over (
            partition by given_back.order_key, given_back.is_cash order by given_back.payment_date, given_back.payment_key
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as reaches
    from given_back
    left join twins on given_back.payment_key = twins.payment_key
    where twins.payment_key is null
),

lost_pieces as (
    select
        lost.payment_key,
        kept.event_id as original_event_id,
        greatest(lost.reaches + lost.amount, kept.reaches - kept.amount) - (lost.reaches + lost.amount) as from_here,
        least(lost.reaches, kept.reaches) - (lost.reaches + lost.amount) as to_here
    from lost
    inner join kept
        on lost.order_key = kept.order_key
        and lost.is_cash = kept.is_cash
        and kept.payment_date <= lost.payment_date
        and kept.reaches - kept.amount < lost.reaches
        and lost.reaches + lost.amount < kept.reaches
    union all
    select
        lost.payment_key,
        cast(null as {{ dbt.type_string() }}) as original_event_id,
        greatest(lost.reaches + lost.amount, coalesce(held.amount, 0)) - (lost.reaches + lost.amount) as from_here,
        -lost.amount as to_here
    from lost
    left join (
        select order_key, is_cash, max(reaches) as amount from kept group by order_key, is_cash
    ) as held on lost.order_key = held.order_key and lost.is_cash = held.is_cash
    where lost.reaches > coalesce(held.amount, 0)
),

taken_back as (
    select
        given_back.payment_key,
        given_back.order_key,
        given_back.is_cash,
        given_back.method,
        given_back.payment_date,
        given_back.posting_date,
        coalesce(twins.original_event_id, lost_pieces.original_event_id) as original_event_id,
        given_back.paid_before - coalesce(lost_pieces.from_here, 0) as moved_from,
        given_back.paid_before - coalesce(lost_pieces.to_here, -given_back.amount) as moved_to,
        row_number() over (partition by given_back.payment_key order by lost_pieces.from_here) as piece_no,
        count(*) over (partition by given_back.payment_key) as piece_count
    from given_back
    left join twins on given_back.payment_key = twins.payment_key
    left join lost_pieces on given_back.payment_key = lost_pieces.payment_key
),

seen as (
    select {{ hash_key("'fxiaoke'", 'payment_line_id') }} as payment_key, first_seen_on, cast(null as date) as maturity_date
    from {{ ref('stg_fxiaoke__payment_lines') }}
    union all
    select
        {{ hash_key('receipts.crm', 'allocations.allocation_id') }} as payment_key,
        greatest(receipts.first_seen_on, allocations.first_seen_on) as first_seen_on,
        receipts.maturity_date
    from {{ ref('stg_company__cash_allocations') }} as allocations
    inner join {{ ref('stg_company__cash_receipts') }} as receipts on allocations.receipt_id = receipts.receipt_id
),

-- Invoices grow along their order by date; credit notes (红字发票) and write-offs take back.
billed as (
    select
        {{ hash_key('crm', "'invoice:' || invoice_no") }} as event_id,
        crm,
        invoice_no,
        cast(null as {{ dbt.type_string() }}) as original_event_id,
        min(order_key) as order_key,
        min(invoice_date) as event_date,
        cast(null as date) as first_seen_on,
        sum(billed_amount) as amount
    from {{ ref('int_instalments') }}
    group by crm, invoice_no
),

bills as (
    select event_id, order_key, original_event_id, event_date, first_seen_on, amount from billed
    union all
    select
        {{ hash_key("'company'", "'ar_ledger:' || entries.entry_id") }} as event_id,
        billed.order_key,
        billed.event_id as original_event_id,
        entries.entry_date as event_date,
        entries.first_seen_on,
        -entries.amount as amount
    from {{ ref('stg_company__ar_ledger') }} as entries
    inner join billed on entries.crm = billed.crm and entries.invoice_no = billed.invoice_no
    cross join {{ ref('clocks') }} as clocks
    where entries.entry_type in ('credit_note', 'write_off') and entries.entry_date <= clocks.as_of
)

select
    event_type,
    event_id,
    order_key,
    cast(case when not is_first_of_order then order_key end as {{ dbt.type_string() }}) as original_event_id,
    event_date,
    cast(null as date) as posting_date,
    first_seen_on,
    cast(null as date) as bill_maturity_date,
    cast(null as date) as due_date,
    true as is_cash,
    cast(null as {{ dbt.type_string() }}) as method,
    cast(moved_from as decimal(18, 4)) as moved_from,
    cast(moved_to as decimal(18, 4)) as moved_to,
    cast(whole as decimal(18, 4)) as whole
from (
    select signed.*, event_id = order_key or moved_to > moved_from as is_first_of_order from signed
) as signed
where moved_from <> moved_to
union all
select
    'signed' as event_type,
    return_key as event_id,
    order_key,
    order_key as original_event_id,
    return_date as event_date,
    cast(null as date) as posting_date,
    cast(null as date) as first_seen_on,
    cast(null as date) as bill_maturity_date,
    cast(null as date) as due_date,
    true as is_cash,
    cast(null as {{ dbt.type_string() }}) as method,
    cast(whole - sum(amount) over (
        partition by order_key order by return_date, return_key rows between unbounded preceding and current row
    ) + amount as decimal(18, 4)) as moved_from,
    cast(whole - sum(amount) over (
        partition by order_key order by return_date, return_key rows between unbounded preceding and current row
    ) as decimal(18, 4)) as moved_to,
    whole
from returned
union all
select
    'cash_applied' as event_type,
    cash.event_id,
    cash.order_key,
    cash.original_event_id,
    cash.payment_date as event_date,
    cash.posting_date,
    seen.first_seen_on,
    seen.maturity_date as bill_maturity_date,
    cash.due_date,
    cash.is_cash,
    cash.method,
    cast(cash.moved_from as decimal(18, 4)) as moved_from,
    cast(cash.moved_to as decimal(18, 4)) as moved_to,
    orders.gross_amount as whole
from (
    select event_id, payment_key, order_key, cast(null as {{ dbt.type_string() }}) as original_event_id, payment_date, posting_date, due_date, is_cash, method, moved_from, moved_to
    from received
    union all
    select
        case when piece_count = 1 then payment_key else payment_key || ':' || cast(piece_no as {{ dbt.type_string() }}) end as event_id,
        payment_key, order_key, original_event_id, payment_date, posting_date, cast(null as date) as due_date, is_cash, method, moved_from, moved_to
    from taken_back
) as cash
inner join orders on cash.order_key = orders.order_key
left join seen on cash.payment_key = seen.payment_key
union all
select
    'invoiced' as event_type,
    bills.event_id,
    bills.order_key,
    bills.original_event_id,
    bills.event_date,
    cast(null as date) as posting_date,
    bills.first_seen_on,
    cast(null as date) as bill_maturity_date,
    cast(null as date) as due_date,
    true as is_cash,
    cast(null as {{ dbt.type_string() }}) as method,
    cast(sum(bills.amount) over (
        partition by bills.order_key order by bills.event_date, bills.event_id rows between unbounded preceding and current row
    ) - bills.amount as decimal(18, 4)) as moved_from,
    cast(sum(bills.amount) over (
        partition by bills.order_key order by bills.event_date, bills.event_id rows between unbounded preceding and current row
    ) as decimal(18, 4)) as moved_to,
    orders.gross_amount as whole
from bills
inner join orders on bills.order_key = orders.order_key
where orders.is_counted
