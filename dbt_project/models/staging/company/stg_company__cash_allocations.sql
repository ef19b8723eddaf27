with newest as (
    {{ newest_versions('company', 'cash_allocations') }}
)

select
    allocation_id,
    receipt_id,
    invoice_no,
    order_no,
    cast(amount as decimal(18, 4)) as amount,
    cast(allocated_on as date) as allocated_on
from newest
