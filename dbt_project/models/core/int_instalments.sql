{{ config(schema='intermediate', contract={'enforced': false}) }}


-- What was billed, by instalment: finance's ledger is the truth, a CRM invoice counts where the ledger does not know its number.
with ledger as (
    select
        entries.crm,
        entries.invoice_no,
        coalesce(entries.instalment_no, 1) as instalment_no,
        min(entries.account_id) as account_id,
        min(entries.order_no) as order_no,
        cast(null as {{ dbt.type_string() }}) as order_id,
        min(entries.currency_code) as currency_code,
        min(coalesce(entries.invoice_date, entries.entry_date)) as invoice_date,
        min(entries.due_date) as due_date,
        cast(sum(entries.amount) as decimal(18, 4)) as billed_amount
    from {{ ref('stg_company__ar_ledger') }} as entries
    cross join {{ ref('stg_ops__clocks') }} as clocks
    where entries.entry_type = 'invoice' and entries.entry_date <= clocks.as_of
    group by entries.crm, entries.invoice_no, coalesce(entries.instalment_no, 1)
),

known_to_ledger as (
    select distinct crm, invoice_no
    from {{ ref('stg_company__ar_ledger') }}
    where entry_type = 'invoice'
),

crm_invoices as (
    select
        'zoho' as crm,
        coalesce(invoices.invoice_no, invoices.invoice_id) as invoice_no,
        1 as instalment_no,
        min(invoices.account_id) as account_id,
        cast(null as {{ dbt.type_string() }}) as order_no,
        min(invoices.order_id) as order_id,
        min(invoices.currency_code) as currency_code,
        min(invoices.invoice_date) as invoice_date,
        min(invoices.due_date) as due_date,
        cast(sum(invoices.grand_total) as decimal(18, 4)) as billed_amount
    from {{ ref('stg_zoho__invoices') }} as invoices
    cross join {{ ref('stg_ops__clocks') }} as clocks
    inner join {{ ref('int_crms') }} as settings on settings.crm = 'zoho' and settings.receivables_source = 'crm_invoices'
    left join {{ ref('int_document_statuses') }} as statuses
        on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
    left join known_to_ledger on known_to_ledger.crm = 'zoho' and invoices.invoice_no = known_to_ledger.invoice_no
    where coalesce(statuses.is_counted, true)
        and invoices.invoice_date <= clocks.as_of
        and known_to_ledger.invoice_no is null
    group by coalesce(invoices.invoice_no, invoices.invoice_id)
),

billed as (
    select crm, invoice_no, instalment_no, account_id, order_no, order_id, currency_code, invoice_date, due_date, billed_amount from ledger
    union all
    select crm, invoice_no, instalment_no, account_id, order_no, order_id, currency_code, invoice_date, due_date, billed_amount from crm_invoices
)

select
    md5(billed.crm || ':' || billed.invoice_no || ':' || cast(billed.instalment_no as {{ dbt.type_string() }})) as receivable_key,
    billed.crm,
    billed.invoice_no,
    cast(billed.instalment_no as integer) as instalment_no,
    billed.account_id,
    coalesce(by_number.order_key, by_id.order_key) as order_key,
    billed.invoice_date,
    coalesce(billed.due_date, billed.invoice_date) as due_date,
    coalesce(billed.currency_code, clocks.currency_code) as currency_code,
    billed.billed_amount
from billed
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_order_numbers') }} as by_number on billed.crm = by_number.crm and billed.order_no = by_number.order_no
left join {{ ref('fct_orders') }} as by_id on billed.crm = by_id.crm and billed.order_id = by_id.order_id
