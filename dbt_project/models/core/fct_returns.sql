with returned as (
    select
        'fxiaoke' as crm,
        returns.return_id,
        returns.account_id,
        returns.order_id,
        returns.owner_id,
        returns.return_amount,
        returns.return_date
    from {{ ref('stg_fxiaoke__returns') }} as returns
    where coalesce(returns.life_status, 'normal') in ('normal', 'in_change')
),

linked as (
    select
        returned.crm,
        returned.return_id,
        returned.return_date,
        returned.return_amount as gross_amount,
        orders.order_key,
        orders.net_amount as order_net_amount,
        orders.gross_amount as order_gross_amount,
        coalesce(orders.fx_rate, 1) as fx_rate,
        coalesce(taxes.rate, 0) as tax_rate,
        coalesce(orders.customer_key, customers.customer_key) as customer_key,
        coalesce(orders.employee_no, owners.employee_no) as employee_no,
        settings.only_department_id,
        owners.department_id as owner_department_id
    from returned
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_crms') }} as settings on returned.crm = settings.crm
    left join {{ ref('fct_orders') }} as orders on returned.crm = orders.crm and returned.order_id = orders.order_id
    left join {{ ref('int_owners') }} as owners
        on returned.crm = owners.crm
        and returned.owner_id = owners.user_id
        and owners.effective_from <= returned.return_date
        and returned.return_date < owners.effective_to
    left join {{ ref('int_customer_accounts') }} as customers
        on returned.crm = customers.crm and returned.account_id = customers.account_id
    left join {{ ref('stg_company__tax_rates') }} as taxes
        on taxes.tax_code = 'vat' and {{ holds_on('taxes', 'returned.return_date') }}
    where returned.return_date <= clocks.as_of
),

-- The tax goes out as it went into the order; without an order, at the rate of the day.
amounts as (
    select
        linked.*,
        coalesce(
            {{ share_of('gross_amount', 'order_net_amount', 'order_gross_amount') }},
            {{ share_of('gross_amount', '1', '(1 + tax_rate)', scale=6) }}
        ) as net_amount
    from linked
)

select
    {{ hash_key('amounts.crm', 'amounts.return_id') }} as return_key,
    amounts.crm,
    amounts.return_id,
    amounts.order_key,
    amounts.customer_key,
    amounts.employee_no,
    coalesce(history.department_id, amounts.owner_department_id, amounts.only_department_id) as department_id,
    amounts.return_date,
    {{ in_base('amounts.net_amount', 'amounts.fx_rate') }} as net_amount_base,
    {{ in_base('amounts.gross_amount', 'amounts.fx_rate') }} as gross_amount_base
from amounts
left join {{ ref('dim_employee_history') }} as history
    on amounts.employee_no = history.employee_no
    and history.effective_from <= amounts.return_date
    and amounts.return_date < history.effective_to
