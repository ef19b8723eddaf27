select
    orders.order_key as transaction_id,
    told.reason,
    told.held_from,
    told.released_on
from {{ ref('stg_company__order_holds') }} as told
inner join {{ ref('int_order_numbers') }} as orders on told.crm = orders.crm and told.order_no = orders.order_no
