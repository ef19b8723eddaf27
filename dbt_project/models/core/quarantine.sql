select
    source,
    object,
    key,
    record_hash,
    rule,
    reason,
    first_seen_at,
    last_seen_at
from {{ ref('stg_ops__quarantine') }}
