select
    told.leaver_no,
    told.successor_no,
    orders.order_key as transaction_id
from {{ ref('stg_company__handovers') }} as told
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_order_numbers') }} as orders on told.crm = orders.crm and told.order_no = orders.order_no
where {{ holds_on('told', 'clocks.as_of') }} and (told.order_no is null or orders.order_key is not null)
