select
    period,
    state,
    cast(closed_at as timestamp) as closed_at,
    cast(paid_at as timestamp) as paid_at,
    reviewed_by,
    approved_by,
    paid_by,
    ledger_head
from {{ run_input('period_status') }}
