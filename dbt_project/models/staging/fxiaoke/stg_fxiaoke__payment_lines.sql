with newest as (
    {{ newest_versions('fxiaoke', 'payment_lines', more=first_seen_on(local_date('raw.created_at', 'clocks.time_zone'))) }}
),

-- A refund names at most one order, so it is its own line.
refunds as (
    {{ newest_versions('fxiaoke', 'refunds', more=first_seen_on(local_date('raw.created_at', 'clocks.time_zone'))) }}
)

select
    key as payment_line_id,
    payment_id,
    order_id,
    payment_term,
    life_status,
    first_seen_on,
    cast(payment_amount as decimal(18, 4)) as amount,
    cast(payment_date as date) as payment_date
from newest
union all
select
    key as payment_line_id,
    key as payment_id,
    order_id,
    'refund' as payment_term,
    life_status,
    first_seen_on,
    cast(-refund_amount as decimal(18, 4)) as amount,
    cast(refund_date as date) as payment_date
from refunds
