with owed as (
    select
        customer_key,
        coalesce(department_id, 'unassigned') as department_id,
        sum(case when bucket = 'not_due' then outstanding_amount_base else 0 end) as not_due,
        sum(case when bucket = 'd1_30' then outstanding_amount_base else 0 end) as d1_30,
        sum(case when bucket = 'd31_60' then outstanding_amount_base else 0 end) as d31_60,
        sum(case when bucket = 'd61_90' then outstanding_amount_base else 0 end) as d61_90,
        sum(case when bucket = 'd91_180' then outstanding_amount_base else 0 end) as d91_180,
        sum(case when bucket = 'd181_365' then outstanding_amount_base else 0 end) as d181_365,
        sum(case when bucket = 'd366_plus' then outstanding_amount_base else 0 end) as d366_plus,
        sum(outstanding_amount_base) as outstanding,
        sum(applied_amount_base) as applied
    from {{ ref('receivables') }}
    group by customer_key, coalesce(department_id, 'unassigned')
),

cash as (
    select
        payments.customer_key,
        coalesce(orders.department_id, payments.department_id, 'unassigned') as department_id,
        sum(payments.amount_base) as received
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('fct_orders') }} as orders on payments.order_key = orders.order_key
    group by payments.customer_key, coalesce(orders.department_id, payments.department_id, 'unassigned')
),

everyone as (
    select customer_key, department_id from owed
    union
    select customer_key, department_id from cash
),

-- Cash that reduces no receivable stands apart with a minus; it is never netted into the buckets.
aged as (
    select
        everyone.customer_key,
        everyone.department_id,
        cast(coalesce(owed.not_due, 0) as decimal(18, 4)) as not_due,
        cast(coalesce(owed.d1_30, 0) as decimal(18, 4)) as d1_30,
        cast(coalesce(owed.d31_60, 0) as decimal(18, 4)) as d31_60,
        cast(coalesce(owed.d61_90, 0) as decimal(18, 4)) as d61_90,
        cast(coalesce(owed.d91_180, 0) as decimal(18, 4)) as d91_180,
        cast(coalesce(owed.d181_365, 0) as decimal(18, 4)) as d181_365,
        cast(coalesce(owed.d366_plus, 0) as decimal(18, 4)) as d366_plus,
        cast(coalesce(owed.outstanding, 0) as decimal(18, 4)) as outstanding,
        cast(coalesce(owed.outstanding, 0) - coalesce(owed.not_due, 0) as decimal(18, 4)) as overdue,
        cast(coalesce(owed.applied, 0) - coalesce(cash.received, 0) as decimal(18, 4)) as unapplied
    from everyone
    left join owed
        on everyone.customer_key is not distinct from owed.customer_key and everyone.department_id = owed.department_id
    left join cash
        on everyone.customer_key is not distinct from cash.customer_key and everyone.department_id = cash.department_id
)

select
    coalesce(aged.customer_key, 'unknown') as customer_key,
    coalesce(customers.name, 'unknown') as customer_name,
    aged.department_id,
    aged.not_due,
    aged.d1_30,
    aged.d31_60,
    aged.d61_90,
    aged.d91_180,
    aged.d181_365,
    aged.d366_plus,
    aged.outstanding,
    aged.overdue,
    aged.unapplied
from aged
left join {{ ref('dim_customers') }} as customers on aged.customer_key = customers.customer_key
where aged.outstanding <> 0 or aged.unapplied <> 0
