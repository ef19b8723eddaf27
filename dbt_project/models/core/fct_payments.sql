with lines as (
    select
        lines.payment_line_id,
        coalesce(lines.payment_id, lines.payment_line_id) as payment_id,
        lines.order_id,
        lines.amount,
        payments.account_id,
        payments.owner_id,
        payments.currency_code,
        cast(payments.exchange_rate as decimal(12, 6)) as crm_rate,
        coalesce(lines.payment_term, payments.payment_term) as method_code,
        coalesce(lines.payment_date, payments.payment_date) as payment_date
    from {{ ref('stg_fxiaoke__payment_lines') }} as lines
    left join {{ ref('stg_fxiaoke__payments') }} as payments on lines.payment_id = payments.payment_id
    where coalesce(lines.life_status, 'normal') in ('normal', 'in_change')
        and coalesce(payments.life_status, 'normal') in ('normal', 'in_change')
),

receipts as (
    select
        receipts.*,
        cast(null as {{ dbt.type_string() }}) as owner_id,
        cast(null as decimal(12, 6)) as crm_rate
    from {{ ref('stg_company__cash_receipts') }} as receipts
    inner join {{ ref('int_crms') }} as settings
        on receipts.crm = settings.crm and settings.cash_source = 'cash_receipts'
),

-- Cash counts from the day on which it is on the account and allocated; until then it is part of what is unapplied.
allocated as (
    select
        'fxiaoke' as crm,
        lines.payment_line_id as allocation_id,
        lines.payment_id,
        lines.account_id,
        lines.owner_id,
        'fxiaoke' as method_source,
        lines.method_code,
        lines.currency_code,
        lines.crm_rate,
        lines.amount,
        lines.payment_date,
        lines.payment_date as posting_date,
        lines.payment_date as applied_date,
        cast(null as {{ dbt.type_string() }}) as invoice_no,
        orders.order_key
    from lines
    inner join {{ ref('int_crms') }} as settings on settings.crm = 'fxiaoke' and settings.cash_source = 'crm_payments'
    left join {{ ref('fct_orders') }} as orders on orders.crm = 'fxiaoke' and lines.order_id = orders.order_id
    union all
    select
        receipts.crm,
        allocations.allocation_id,
        receipts.receipt_id as payment_id,
        receipts.account_id,
        receipts.owner_id,
        'company' as method_source,
        receipts.method as method_code,
        receipts.currency_code,
        receipts.crm_rate,
        allocations.amount,
        receipts.bank_value_date as payment_date,
        receipts.posting_date,
        greatest(receipts.bank_value_date, coalesce(allocations.allocated_on, receipts.bank_value_date)) as applied_date,
        allocations.invoice_no,
        coalesce(orders.order_key, invoices.order_key) as order_key
    from receipts
    inner join {{ ref('stg_company__cash_allocations') }} as allocations on receipts.receipt_id = allocations.receipt_id
    left join {{ ref('int_order_numbers') }} as orders on receipts.crm = orders.crm and allocations.order_no = orders.order_no
    left join (
        select crm, invoice_no, min(order_key) as order_key from {{ ref('int_instalments') }} group by crm, invoice_no
    ) as invoices on receipts.crm = invoices.crm and allocations.invoice_no = invoices.invoice_no
),

applied as (
    select allocated.*
    from allocated
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('fct_orders') }} as orders on allocated.order_key = orders.order_key
    where allocated.applied_date <= clocks.as_of
        and (coalesce(orders.is_counted, false) or allocated.invoice_no is not null)
),

received as (
    select
        'fxiaoke' as crm,
        payments.payment_id,
        payments.account_id,
        payments.owner_id,
        'fxiaoke' as method_source,
        payments.payment_term as method_code,
        payments.currency_code,
        cast(payments.exchange_rate as decimal(12, 6)) as crm_rate,
        payments.amount,
        payments.payment_date,
        payments.payment_date as posting_date
    from {{ ref('stg_fxiaoke__payments') }} as payments
    inner join {{ ref('int_crms') }} as settings on settings.crm = 'fxiaoke' and settings.cash_source = 'crm_payments'
    where coalesce(payments.life_status, 'normal') in ('normal', 'in_change')
    union all
    select
        crm, receipt_id as payment_id, account_id, owner_id, 'company' as method_source, method as method_code, currency_code,
        crm_rate, amount, bank_value_date as payment_date, posting_date
    from receipts
),

-- What came in and settles nothing yet. A drawdown brings no money: it lessens the prepayment it draws on.
unapplied as (
    select
        received.crm,
        received.payment_id || ':unapplied' as allocation_id,
        received.payment_id,
        received.account_id,
        received.owner_id,
        received.method_source,
        received.method_code,
        received.currency_code,
        received.crm_rate,
        cast(
            case when coalesce(methods.is_drawdown, false) and received.method_source = 'company' then 0 else received.amount end
            - coalesce(settled.amount, 0) as decimal(18, 4)
        ) as amount,
        received.payment_date,
        received.posting_date,
        received.payment_date as applied_date,
        cast(null as {{ dbt.type_string() }}) as invoice_no,
        cast(null as {{ dbt.type_string() }}) as order_key
    from received
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('int_payment_methods') }} as methods
        on received.method_source = methods.source and received.method_code = methods.code
    left join (
        select crm, payment_id, sum(amount) as amount from applied group by crm, payment_id
    ) as settled on received.crm = settled.crm and received.payment_id = settled.payment_id
    where received.payment_date <= clocks.as_of
),

rows_of_cash as (
    select applied.*, true as is_applied from applied
    union all
    select unapplied.*, false as is_applied from unapplied where amount <> 0
),

priced as (
    select
        cash.crm,
        cash.allocation_id,
        cash.payment_id,
        cash.order_key,
        cash.invoice_no,
        cash.payment_date,
        cash.posting_date,
        cash.applied_date,
        cash.is_applied,
        cash.amount,
        orders.net_amount as order_net_amount,
        orders.gross_amount as order_gross_amount,
        orders.fx_rate as order_fx_rate,
        coalesce(methods.method, cash.method_code, 'unknown') as method,
        coalesce(methods.is_cash, true) as is_cash,
        coalesce(cash.currency_code, orders.currency_code, clocks.currency_code) as currency_code,
        coalesce(orders.customer_key, customers.customer_key) as customer_key,
        case when orders.order_key is null then owners.employee_no else orders.employee_no end as employee_no,
        case when orders.order_key is null then owners.department_id else orders.department_id end as order_department_id,
        settings.only_department_id,
        -- Cash on an order is valued at the order's own rate, so that what is billed, paid and credited agree; other cash at the day's.
        case
            when coalesce(cash.currency_code, orders.currency_code, clocks.currency_code) = orders.currency_code then orders.fx_rate
            when coalesce(cash.currency_code, clocks.currency_code) = clocks.currency_code then cast(1 as decimal(12, 6))
            else coalesce(rates.rate, cash.crm_rate)
        end as fx_rate,
        coalesce(cash.currency_code, orders.currency_code, clocks.currency_code) = coalesce(orders.currency_code, '') as is_order_currency
    from rows_of_cash as cash
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_crms') }} as settings on cash.crm = settings.crm
    left join {{ ref('fct_orders') }} as orders on cash.order_key = orders.order_key
    left join {{ ref('int_payment_methods') }} as methods
        on cash.method_source = methods.source and cash.method_code = methods.code
    left join {{ ref('int_customer_accounts') }} as customers
        on cash.crm = customers.crm and cash.account_id = customers.account_id
    left join {{ ref('int_owners') }} as owners
        on cash.crm = owners.crm
        and cash.owner_id = owners.user_id
        and owners.effective_from <= cash.payment_date
        and cash.payment_date < owners.effective_to
    left join {{ ref('int_exchange_rates') }} as rates
        on rates.rate_type = 'market'
        and cash.currency_code = rates.currency_code
        and rates.valid_from <= cash.payment_date
        and cash.payment_date < rates.valid_to
),

keyed as (
    select
        priced.*,
        {{ hash_key('crm', 'allocation_id') }} as payment_key,
        {{ in_base('amount', 'fx_rate') }} as amount_base,
        cast(case
            when is_order_currency then amount
            else {{ share_of(in_base('amount', 'fx_rate'), '1', 'order_fx_rate', scale=6) }}
        end as decimal(18, 4)) as order_currency_amount
    from priced
),

cumulated as (
    select
        keyed.*,
        case when order_key is not null then cast(sum(order_currency_amount) over (
            partition by order_key, is_cash
            order by payment_date, payment_key
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) end as paid_to_date
    from keyed
)

select
    cash.payment_key,
    cash.crm,
    cash.payment_id,
    cash.order_key,
    cash.invoice_no,
    cash.customer_key,
    cash.employee_no,
    coalesce(history.department_id, cash.order_department_id, cash.only_department_id) as department_id,
    cash.payment_date,
    cash.posting_date,
    cash.applied_date,
    cash.method,
    cash.is_cash,
    cash.is_applied,
    cash.currency_code,
    cash.amount,
    cash.amount_base,
    -- Share without VAT, telescoped: the parts of an order add up to its net amount exactly.
    cast(
        {{ in_base(share_of('cash.order_net_amount', 'cash.paid_to_date', 'cash.order_gross_amount'), 'cash.order_fx_rate') }}
        - {{ in_base(share_of('cash.order_net_amount', 'cash.paid_to_date - cash.order_currency_amount', 'cash.order_gross_amount'), 'cash.order_fx_rate') }}
        as decimal(18, 4)
    ) as net_amount_base,
    cash.order_currency_amount,
    cash.paid_to_date
from cumulated as cash
left join {{ ref('dim_employee_history') }} as history
    on cash.employee_no = history.employee_no
    and history.effective_from <= cash.payment_date
    and cash.payment_date < history.effective_to
