-- Each instalment is a stretch of money. Credit notes, write-offs and cash that name the invoice are laid along its instalments
-- by due date; cash that names only the order, and what an invoice could not take, then along what is left of the order.
with cash as (
    select
        crm,
        order_key,
        invoice_no,
        sum(amount) as amount
    from {{ ref('fct_payments') }}
    where is_applied
    group by crm, order_key, invoice_no
),

invoice_cash as (
    select crm, invoice_no, cast(sum(amount) as decimal(18, 4)) as amount
    from cash
    where invoice_no is not null
    group by crm, invoice_no
),

instalments as (
    select
        billed.*,
        coalesce(own.credited_amount, 0) as own_credited,
        coalesce(own.written_off_amount, 0) as own_written_off,
        coalesce(whole.credited_amount, 0) as pool_credited,
        coalesce(whole.written_off_amount, 0) as pool_written_off,
        coalesce(invoice_cash.amount, 0) as pool_cash,
        cast(greatest(billed.billed_amount - coalesce(own.credited_amount, 0) - coalesce(own.written_off_amount, 0), 0) as decimal(18, 4)) as room
    from {{ ref('int_instalments') }} as billed
    left join {{ ref('int_reductions') }} as own
        on billed.crm = own.crm and billed.invoice_no = own.invoice_no and billed.instalment_no = own.instalment_no
    left join {{ ref('int_reductions') }} as whole
        on billed.crm = whole.crm and billed.invoice_no = whole.invoice_no and whole.instalment_no is null
    left join invoice_cash on billed.crm = invoice_cash.crm and billed.invoice_no = invoice_cash.invoice_no
),

along_invoice as (
    select
        instalments.*,
        cast(sum(room) over (
            partition by crm, invoice_no order by due_date, instalment_no rows between unbounded preceding and current row
        ) as decimal(18, 4)) as room_end
    from instalments
),

covered_by_invoice as (
    select
        along_invoice.*,
        cast({{ overlap('0', 'pool_credited', 'room_end - room', 'room_end') }} as decimal(18, 4)) as spread_credited,
        cast({{ overlap('pool_credited', 'pool_credited + pool_written_off', 'room_end - room', 'room_end') }} as decimal(18, 4)) as spread_written_off,
        cast({{ overlap(
            'pool_credited + pool_written_off', 'pool_credited + pool_written_off + pool_cash', 'room_end - room', 'room_end'
        ) }} as decimal(18, 4)) as invoice_applied
    from along_invoice
),

left_of_invoice as (
    select order_key, sum(pool_cash - invoice_applied) as amount
    from (
        select crm, invoice_no, min(order_key) as order_key, min(pool_cash) as pool_cash, sum(invoice_applied) as invoice_applied
        from covered_by_invoice
        group by crm, invoice_no
    ) as invoices
    where order_key is not null
    group by order_key
),

order_pools as (
    select order_key, cast(sum(amount) as decimal(18, 4)) as amount
    from (
        select order_key, amount from left_of_invoice
        union all
        select order_key, amount from cash where invoice_no is null and order_key is not null
    ) as pools
    group by order_key
),

along_order as (
    select
        covered.*,
        coalesce(order_pools.amount, 0) as order_cash,
        cast(covered.room - covered.spread_credited - covered.spread_written_off - covered.invoice_applied as decimal(18, 4)) as rest,
        cast(sum(covered.room - covered.spread_credited - covered.spread_written_off - covered.invoice_applied) over (
            partition by coalesce(covered.order_key, covered.receivable_key)
            order by covered.due_date, covered.invoice_no, covered.instalment_no
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as rest_end
    from covered_by_invoice as covered
    left join order_pools on covered.order_key = order_pools.order_key
),

settled as (
    select
        along_order.*,
        cast(invoice_applied + {{ overlap('0', 'order_cash', 'rest_end - rest', 'rest_end') }} as decimal(18, 4)) as applied_amount,
        cast(own_credited + spread_credited as decimal(18, 4)) as credited_amount,
        cast(own_written_off + spread_written_off as decimal(18, 4)) as written_off_amount
    from along_order
),

named as (
    select
        settled.receivable_key,
        settled.invoice_no,
        settled.instalment_no,
        settled.crm,
        settled.order_key,
        settled.invoice_date,
        settled.due_date,
        settled.currency_code,
        settled.billed_amount,
        settled.applied_amount,
        settled.credited_amount,
        settled.written_off_amount,
        coalesce(orders.customer_key, accounts.customer_key) as customer_key,
        case when orders.order_key is null then customers.owner_employee_no else orders.employee_no end as employee_no,
        case when orders.order_key is null then employees.department_id else orders.department_id end as department_id,
        case
            when settled.currency_code = clocks.currency_code then cast(1 as decimal(12, 6))
            when settled.currency_code = orders.currency_code then orders.fx_rate
            else rates.rate
        end as fx_rate,
        cast(settled.billed_amount - settled.applied_amount - settled.credited_amount - settled.written_off_amount as decimal(18, 4)) as outstanding_amount,
        {{ days_between('settled.due_date', 'clocks.as_of') }} as days_past_due
    from settled
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('fct_orders') }} as orders on settled.order_key = orders.order_key
    left join {{ ref('int_customer_accounts') }} as accounts
        on settled.crm = accounts.crm and settled.account_id = accounts.account_id
    left join {{ ref('dim_customers') }} as customers on accounts.customer_key = customers.customer_key
    left join {{ ref('dim_employees') }} as employees on customers.owner_employee_no = employees.employee_no
    left join {{ ref('int_exchange_rates') }} as rates
        on rates.rate_type = 'market'
        and settled.currency_code = rates.currency_code
        and rates.valid_from <= settled.invoice_date
        and settled.invoice_date < rates.valid_to
)

select
    receivable_key,
    invoice_no,
    instalment_no,
    crm,
    order_key,
    customer_key,
    employee_no,
    department_id,
    invoice_date,
    due_date,
    currency_code,
    billed_amount,
    applied_amount,
    credited_amount,
    written_off_amount,
    outstanding_amount,
    {{ in_base('outstanding_amount', 'fx_rate') }} as outstanding_amount_base,
    {{ in_base('applied_amount', 'fx_rate') }} as applied_amount_base,
    days_past_due,
    case
        when days_past_due <= 0 then 'not_due'
        when days_past_due <= 30 then 'd1_30'
        when days_past_due <= 60 then 'd31_60'
        when days_past_due <= 90 then 'd61_90'
        when days_past_due <= 180 then 'd91_180'
        when days_past_due <= 365 then 'd181_365'
        else 'd366_plus'
    end as bucket
from named
