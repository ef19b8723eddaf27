with ranked as (
    select
        ageing.*,
        row_number() over (partition by customer_key order by outstanding desc, department_id) as place
    from {{ ref('receivables_ageing_by_department') }} as ageing
)

select
    customer_key,
    max(customer_name) as customer_name,
    max(case when place = 1 then department_id end) as department_id,
    cast(sum(not_due) as decimal(18, 4)) as not_due,
    cast(sum(d1_30) as decimal(18, 4)) as d1_30,
    cast(sum(d31_60) as decimal(18, 4)) as d31_60,
    cast(sum(d61_90) as decimal(18, 4)) as d61_90,
    cast(sum(d91_180) as decimal(18, 4)) as d91_180,
    cast(sum(d181_365) as decimal(18, 4)) as d181_365,
    cast(sum(d366_plus) as decimal(18, 4)) as d366_plus,
    cast(sum(outstanding) as decimal(18, 4)) as outstanding,
    cast(sum(overdue) as decimal(18, 4)) as overdue,
    cast(sum(unapplied) as decimal(18, 4)) as unapplied
from ranked
group by customer_key
