select
    period,
    state,
    closed_at,
    ledger_head
from {{ ref('stg_ops__period_status') }}
