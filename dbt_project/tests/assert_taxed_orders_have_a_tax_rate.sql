-- Orders whose amounts include VAT have a VAT rate on their day.
-- A row here: tax_rates.csv has a hole; the amount would be taken as net.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
select orders.crm, orders.order_no, orders.order_date
from {{ ref('fct_orders') }} as orders
inner join {{ ref('int_crms') }} as settings on orders.crm = settings.crm and settings.order_amounts = 'incl_tax'
left join {{ ref('stg_company__tax_rates') }} as taxes
    on taxes.tax_code = 'vat' and {{ holds_on('taxes', 'orders.order_date') }}
where taxes.tax_code is null
