-- What of a phone can be compared: its digits, without a country code. Null where the company keeps no phones.
with staff as (
    select distinct {{ bare_phone('mobile') }} as phone
    from (
        select mobile from {{ ref('stg_fxiaoke__users') }} union all select mobile from {{ ref('stg_zoho__users') }}
    ) as users
    where mobile is not null
),

limits as (
    select max(case when threshold_id = 'phone_shared_accounts' then value end) as shared_accounts from {{ ref('dim_thresholds') }}
),

accounts as (
    select
        customers.customer_key,
        customers.crm,
        customers.account,
        customers.account_name,
        customers.uscc,
        coalesce(fxiaoke.industry, zoho.industry) as industry,
        coalesce(fxiaoke.province, zoho.province) as province,
        coalesce(fxiaoke.owner_id, zoho.owner_id) as owner_id,
        coalesce(fxiaoke.changed_on, zoho.changed_on) as changed_on,
        {{ bare_phone('coalesce(fxiaoke.phone, zoho.phone)') }} as phone
    from {{ ref('int_customer_accounts') }} as customers
    left join {{ ref('stg_fxiaoke__accounts') }} as fxiaoke
        on customers.crm = 'fxiaoke' and customers.account_id = fxiaoke.account_id
    left join {{ ref('stg_zoho__accounts') }} as zoho
        on customers.crm = 'zoho' and customers.account_id = zoho.account_id
),

shared as (
    select accounts.phone
    from accounts
    cross join limits
    where accounts.phone is not null
    group by accounts.phone, limits.shared_accounts
    having count(*) > limits.shared_accounts
),

owned as (
    select
        accounts.*,
        owners.employee_no,
        owners.region,
        case when {{ is_phone('accounts.phone') }} then 1 when accounts.phone is not null then 0 end as is_phone,
        case when accounts.phone is null then null when shared.phone is not null or staff.phone is not null then 1 else 0 end as is_contradictory
    from accounts
    cross join {{ ref('clocks') }} as clocks
    left join shared on accounts.phone = shared.phone
    left join staff on accounts.phone = staff.phone
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
        max(case when owner_place = 1 then employee_no end) as owner_employee_no,
        max(changed_on) as record_changed_on,
        min(is_phone) = 1 as has_valid_phone,
        max(is_contradictory) = 1 as has_contradictory_phone
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
    merged.has_valid_phone,
    merged.has_contradictory_phone,
    merged.record_changed_on,
    first_orders.first_order_date
from merged
inner join crms on merged.customer_key = crms.customer_key
left join first_orders on merged.customer_key = first_orders.customer_key
