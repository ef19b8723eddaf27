-- Every status of orders and invoices, every way of payment and every stage of an open deal is one that somebody decided about.
-- A row here: a status that is counted because nobody said otherwise, a stage of which nobody said whether it is qualified; add it to
-- document_statuses, payment_methods or stages of the company folder.
-- Ask: team:finance
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
select orders.crm, 'orders' as object, orders.status, count(*) as records
from {{ ref('fct_orders') }} as orders
left join {{ ref('int_document_statuses') }} as statuses
    on orders.crm = statuses.crm and statuses.object = 'orders' and orders.status = statuses.status
where statuses.status is null
group by orders.crm, orders.status
union all
select 'zoho' as crm, 'invoices' as object, invoices.status, count(*) as records
from {{ ref('stg_zoho__invoices') }} as invoices
left join {{ ref('int_document_statuses') }} as statuses
    on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
where statuses.status is null
group by invoices.status
union all
select payments.crm, 'payments' as object, payments.method as status, count(*) as records
from {{ ref('fct_payments') }} as payments
left join (select distinct method from {{ ref('int_payment_methods') }}) as methods on payments.method = methods.method
where methods.method is null
group by payments.crm, payments.method
union all
select deals.crm, 'opportunities' as object, deals.stage as status, count(*) as records
from {{ ref('fct_opportunities') }} as deals
left join {{ ref('dim_stages') }} as stages
    on deals.crm = stages.crm and stages.object = 'opportunities' and deals.stage = stages.stage
where deals.status = 'open' and not coalesce(stages.is_decided, false)
group by deals.crm, deals.stage
