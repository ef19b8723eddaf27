select
    source,
    object,
    key,
    record_hash,
    rule,
    reason,
    cast(first_seen_at as timestamp) as first_seen_at,
    cast(last_seen_at as timestamp) as last_seen_at
from {{ run_input('quarantine') }}
