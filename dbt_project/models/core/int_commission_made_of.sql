{{ config(schema='intermediate', contract={'enforced': false}) }}


-- An adjusted month was kept again by the close that adjusted it: the newest is what stands posted.
with ranked as (
    select
        kept.*,
        rank() over (partition by payee_no, plan_id, component_id, month order by posting_period desc) as place
    from {{ ref('stg_ops__commission_made_of') }} as kept
)

select
    event_id,
    payee_no,
    plan_id,
    plan_hash,
    component_id,
    month,
    window_period,
    customer_key,
    fx_rate,
    share,
    base_amount,
    amount,
    is_by_this_code,
    posting_period
from ranked
where place = 1
