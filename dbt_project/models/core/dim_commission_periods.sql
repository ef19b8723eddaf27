select
    period,
    state,
    closed_at,
    paid_at,
    reviewed_by,
    approved_by,
    paid_by,
    ledger_head
from {{ ref('stg_ops__period_status') }}
