select
    orders.order_key as transaction_id,
    told.milestone as name,
    told.reached_on
from {{ ref('stg_company__milestones') }} as told
inner join {{ ref('int_order_numbers') }} as orders on told.crm = orders.crm and told.order_no = orders.order_no
