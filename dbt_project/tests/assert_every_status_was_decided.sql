-- Every status of orders and invoices, and every way of payment, is one we decided about.
-- A row here: a status that is counted because nobody said otherwise; add it to seeds/document_statuses.csv or payment_methods.csv.
-- Ask: team:finance
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
select orders.crm, 'orders' as object, orders.status, count(*) as records
from {{ ref('fct_orders') }} as orders
left join {{ ref('document_statuses') }} as statuses
    on orders.crm = statuses.crm and statuses.object in ('any', 'orders') and orders.status = statuses.status
where statuses.status is null
group by orders.crm, orders.status
union all
select 'zoho' as crm, 'invoices' as object, invoices.status, count(*) as records
from {{ ref('stg_zoho__invoices') }} as invoices
left join {{ ref('document_statuses') }} as statuses
    on statuses.crm = 'zoho' and statuses.object = 'invoices' and invoices.status = statuses.status
where statuses.status is null
group by invoices.status
union all
select payments.crm, 'payments' as object, payments.method as status, count(*) as records
from {{ ref('fct_payments') }} as payments
left join (select distinct method from {{ ref('payment_methods') }}) as methods on payments.method = methods.method
where methods.method is null
group by payments.crm, payments.method
