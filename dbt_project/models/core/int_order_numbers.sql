{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- An order number that two orders bear points at the one that counts, else at the first.
with ranked as (
    select
        crm,
        order_no,
        order_key,
        row_number() over (
            partition by crm, order_no order by case when is_counted then 0 else 1 end, order_date, order_key
        ) as place
    from {{ ref('fct_orders') }}
    where order_no is not null
)

select
    crm,
    order_no,
    order_key
from ranked
where place = 1
