select
    orders.order_key as transaction_id,
    told.employee_no as payee_no,
    cast(told.share as decimal(38, 10)) as share,
    told.valid_from,
    told.valid_to,
    told.decided_on,
    told.is_overlay
from {{ ref('stg_company__deal_splits') }} as told
inner join {{ ref('int_order_numbers') }} as orders on told.crm = orders.crm and told.order_no = orders.order_no
