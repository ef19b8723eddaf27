-- A status or way of payment that counts because nobody said otherwise, and a stage of open deals of which nobody said whether it is qualified.
with words as (
    select orders.crm, 'document_statuses' as file, 'orders' as object, orders.status as word, orders.order_key as record_key
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('int_document_statuses') }} as statuses
        on orders.crm = statuses.crm and statuses.object = 'orders' and orders.status = statuses.status
    where statuses.status is null
    union all
    select 'zoho', 'document_statuses', 'invoices', invoices.status, invoices.invoice_id
    from {{ ref('stg_zoho__invoices') }} as invoices
    left join {{ ref('int_document_statuses') }} as statuses
        on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
    where statuses.status is null
    union all
    select payments.crm, 'payment_methods', 'payments', payments.method, payments.payment_id
    from {{ ref('fct_payments') }} as payments
    left join (select distinct method from {{ ref('int_payment_methods') }}) as methods on payments.method = methods.method
    where methods.method is null
    union all
    select deals.crm, 'stages', 'opportunities', deals.stage, deals.opportunity_key
    from {{ ref('fct_opportunities') }} as deals
    left join {{ ref('dim_stages') }} as stages
        on deals.crm = stages.crm and stages.object = 'opportunities' and deals.stage = stages.stage
    where deals.status = 'open' and not coalesce(stages.is_decided, false)
)

select
    crm,
    file as company_file,
    object,
    coalesce(word, '') as word,
    count(distinct record_key) as records
from words
group by crm, file, object, coalesce(word, '')
