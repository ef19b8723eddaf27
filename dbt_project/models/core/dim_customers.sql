with accounts as (
    select
        customers.customer_key,
        customers.crm,
        customers.account,
        customers.account_name,
        customers.uscc,
        coalesce(fxiaoke.industry, zoho.industry) as industry,
        coalesce(fxiaoke.province, zoho.province) as province,
        coalesce(fxiaoke.owner_id, zoho.owner_id) as owner_id
    from {{ ref('int_customer_accounts') }} as customers
    left join {{ ref('stg_fxiaoke__accounts') }} as fxiaoke
        on customers.crm = 'fxiaoke' and customers.account_id = fxiaoke.account_id
    left join {{ ref('stg_zoho__accounts') }} as zoho
        on customers.crm = 'zoho' and customers.account_id = zoho.account_id
),

owned as (
    select
        accounts.*,
        owners.employee_no,
        owners.region
    from accounts
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('int_owners') }} as owners
        on accounts.crm = owners.crm
        and accounts.owner_id = owners.user_id
        and owners.effective_from <= clocks.as_of
        and clocks.as_of < owners.effective_to
),

-- The customer speaks through its first account that has the answer.
ranked as (
    select
        owned.*,
        row_number() over (
            partition by customer_key
            order by case when account_name is null then 1 else 0 end, account
        ) as name_place,
        row_number() over (
            partition by customer_key
            order by case when employee_no is null then 1 else 0 end, account
        ) as owner_place
    from owned
),

crms as (
    select customer_key, {{ joined('crm') }} as crms
    from (select distinct customer_key, crm from owned) as distinct_crms
    group by customer_key
),

first_orders as (
    select customer_key, min(order_date) as first_order_date
    from {{ ref('fct_orders') }}
    where is_counted
    group by customer_key
),

merged as (
    select
        customer_key,
        max(case when name_place = 1 then coalesce(account_name, account) end) as name,
        {{ joined('account') }} as merged_from,
        min(uscc) as uscc,
        max(case when owner_place = 1 then coalesce(region, province) end) as region,
        max(case when name_place = 1 then industry end) as industry,
        max(case when owner_place = 1 then employee_no end) as owner_employee_no
    from ranked
    group by customer_key
)

select
    merged.customer_key,
    merged.name,
    crms.crms,
    merged.merged_from,
    merged.uscc,
    merged.region,
    merged.industry,
    merged.owner_employee_no,
    first_orders.first_order_date
from merged
inner join crms on merged.customer_key = crms.customer_key
left join first_orders on merged.customer_key = first_orders.customer_key
