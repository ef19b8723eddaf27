select
    suite,
    source,
    object,
    rule,
    severity,
    is_passed,
    cast(checked_count as bigint) as checked_count,
    cast(failed_count as bigint) as failed_count
from {{ run_input('validations') }}
