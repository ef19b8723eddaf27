with orders as (
    select
        'fxiaoke' as crm,
        order_id,
        order_no,
        account_id,
        owner_id,
        order_date,
        life_status as status,
        currency_code,
        order_amount as header_amount,
        cast(null as decimal(18, 4)) as net_header,
        cast(null as decimal(18, 4)) as tax_header,
        cast(0 as decimal(18, 4)) as freight_amount,
        cast(exchange_rate as decimal(12, 6)) as crm_rate
    from {{ ref('stg_fxiaoke__orders') }}
    union all
    select
        'zoho' as crm,
        order_id,
        order_no,
        account_id,
        owner_id,
        order_date,
        status,
        currency_code,
        coalesce(grand_total, sub_total - discount_amount + tax_amount + freight_amount) as header_amount,
        cast(sub_total - discount_amount as decimal(18, 4)) as net_header,
        tax_amount as tax_header,
        freight_amount,
        -- Zoho writes foreign units per unit of base currency.
        cast({{ ratio('1', 'exchange_rate') }} as decimal(12, 6)) as crm_rate
    from {{ ref('stg_zoho__orders') }}
),

placed as (
    select
        orders.crm,
        orders.order_id,
        orders.order_no,
        orders.order_date,
        orders.status,
        orders.header_amount,
        orders.net_header,
        orders.tax_header,
        orders.freight_amount,
        settings.order_amounts,
        owners.employee_no,
        owners.region,
        customers.customer_key,
        coalesce(statuses.is_counted, true) as is_counted,
        coalesce(orders.currency_code, clocks.currency_code) as currency_code,
        coalesce(owners.department_id, settings.only_department_id) as department_id,
        coalesce(taxes.rate, 0) as tax_rate,
        case
            when coalesce(orders.currency_code, clocks.currency_code) = clocks.currency_code then cast(1 as decimal(12, 6))
            else coalesce(rates.rate, orders.crm_rate)
        end as fx_rate
    from orders
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_crms') }} as settings on orders.crm = settings.crm
    left join {{ ref('int_document_statuses') }} as statuses
        on orders.crm = statuses.crm and statuses.object = 'orders' and orders.status = statuses.status
    left join {{ ref('int_owners') }} as owners
        on orders.crm = owners.crm
        and orders.owner_id = owners.user_id
        and owners.effective_from <= orders.order_date
        and orders.order_date < owners.effective_to
    left join {{ ref('int_customer_accounts') }} as customers
        on orders.crm = customers.crm and orders.account_id = customers.account_id
    left join {{ ref('stg_company__tax_rates') }} as taxes
        on taxes.tax_code = 'vat' and {{ holds_on('taxes', 'orders.order_date') }}
    left join {{ ref('int_exchange_rates') }} as rates
        on rates.rate_type = 'market'
        and orders.currency_code = rates.currency_code
        and rates.valid_from <= orders.order_date
        and orders.order_date < rates.valid_to
    where orders.order_date <= clocks.as_of
),

amounts as (
    select
        placed.*,
        cast(case
            when net_header is not null and order_amounts = 'ex_tax' then net_header
            when order_amounts = 'ex_tax' then header_amount
            else {{ share_of('coalesce(net_header, header_amount)', '1', '(1 + tax_rate)', scale=6) }}
        end as decimal(18, 4)) as net_amount,
        cast(case
            when net_header is null and order_amounts = 'ex_tax' then round(header_amount * (1 + tax_rate), 4)
            else header_amount
        end as decimal(18, 4)) as gross_amount
    from placed
)

select
    {{ hash_key('crm', 'order_id') }} as order_key,
    crm,
    order_id,
    order_no,
    customer_key,
    employee_no,
    department_id,
    region,
    order_date,
    status,
    is_counted,
    currency_code,
    fx_rate,
    net_amount,
    cast(gross_amount - net_amount - freight_amount as decimal(18, 4)) as tax_amount,
    freight_amount,
    gross_amount,
    {{ in_base('net_amount', 'fx_rate') }} as net_amount_base,
    {{ in_base('gross_amount', 'fx_rate') }} as gross_amount_base
from amounts
