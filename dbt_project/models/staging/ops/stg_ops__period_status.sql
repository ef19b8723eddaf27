select
    period,
    state,
    cast(closed_at as timestamp) as closed_at,
    ledger_head
from {{ run_input('period_status') }}
