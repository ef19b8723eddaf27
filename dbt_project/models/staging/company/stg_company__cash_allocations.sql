with newest as (
    {{ newest_versions('company', 'cash_allocations', more=first_seen_on(local_date('raw.booked_at', 'clocks.time_zone'))) }}
)

select
    allocation_id,
    receipt_id,
    invoice_no,
    order_no,
    first_seen_on,
    cast(amount as decimal(18, 4)) as amount,
    cast(allocated_on as date) as allocated_on
from newest
