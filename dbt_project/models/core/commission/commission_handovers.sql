-- Those that have begun; each says from when to when it holds.
select
    told.leaver_no,
    told.successor_no,
    orders.order_key as transaction_id,
    told.valid_from,
    told.valid_to
from {{ ref('stg_company__handovers') }} as told
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_order_numbers') }} as orders on told.crm = orders.crm and told.order_no = orders.order_no
where (told.valid_from is null or told.valid_from <= clocks.as_of) and (told.order_no is null or orders.order_key is not null)
