-- What is billed, and what lessens it without cash, each on its day: the openings, movements and closings of receivables.
with entries as (
    select
        'invoice' as entry_type, receivable_key as entry_key, crm, invoice_no, instalment_no, account_id, order_key,
        invoice_date as entry_date, due_date, currency_code, billed_amount as amount
    from {{ ref('int_instalments') }}
    union all
    select
        ledger.entry_type, md5('ar_ledger:' || ledger.entry_id) as entry_key, ledger.crm, ledger.invoice_no, ledger.instalment_no,
        ledger.account_id, invoices.order_key, ledger.entry_date, invoices.due_date,
        coalesce(ledger.currency_code, clocks.currency_code) as currency_code, -ledger.amount as amount
    from {{ ref('stg_company__ar_ledger') }} as ledger
    cross join {{ ref('clocks') }} as clocks
    inner join (
        select crm, invoice_no, min(order_key) as order_key, min(due_date) as due_date
        from {{ ref('int_instalments') }}
        group by crm, invoice_no
    ) as invoices on ledger.crm = invoices.crm and ledger.invoice_no = invoices.invoice_no
    where ledger.entry_type in ('credit_note', 'write_off') and ledger.entry_date <= clocks.as_of
),

placed as (
    select
        entries.*,
        coalesce(orders.customer_key, accounts.customer_key) as customer_key,
        case when orders.order_key is null then customers.owner_employee_no else orders.employee_no end as employee_no,
        case when orders.order_key is null then employees.department_id else orders.department_id end as department_id,
        orders.net_amount as order_net_amount,
        cast(orders.gross_amount - orders.freight_amount as decimal(18, 4)) as order_gross_amount,
        coalesce(taxes.rate, 0) as tax_rate,
        case
            when entries.currency_code = clocks.currency_code then cast(1 as decimal(12, 6))
            when entries.currency_code = orders.currency_code then orders.fx_rate
            else rates.rate
        end as fx_rate
    from entries
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('fct_orders') }} as orders on entries.order_key = orders.order_key
    left join {{ ref('int_customer_accounts') }} as accounts
        on entries.crm = accounts.crm and entries.account_id = accounts.account_id
    left join {{ ref('dim_customers') }} as customers on accounts.customer_key = customers.customer_key
    left join {{ ref('dim_employees') }} as employees on customers.owner_employee_no = employees.employee_no
    left join {{ ref('stg_company__tax_rates') }} as taxes
        on taxes.tax_code = 'vat' and {{ holds_on('taxes', 'entries.entry_date') }}
    left join {{ ref('int_exchange_rates') }} as rates
        on rates.rate_type = 'market'
        and entries.currency_code = rates.currency_code
        and rates.valid_from <= entries.entry_date
        and entries.entry_date < rates.valid_to
),

-- The tax goes out as it went into the order; without an order, at the rate of the day.
priced as (
    select
        placed.*,
        cast(coalesce(
            {{ share_of('amount', 'order_net_amount', 'order_gross_amount') }},
            {{ share_of('amount', '1', '(1 + tax_rate)', scale=6) }}
        ) as decimal(18, 4)) as net_amount
    from placed
)

select
    entry_key,
    entry_type,
    crm,
    invoice_no,
    cast(instalment_no as integer) as instalment_no,
    order_key,
    customer_key,
    employee_no,
    department_id,
    entry_date,
    due_date,
    currency_code,
    cast(amount as decimal(18, 4)) as amount,
    {{ in_base('amount', 'fx_rate') }} as amount_base,
    {{ in_base('net_amount', 'fx_rate') }} as net_amount_base
from priced
