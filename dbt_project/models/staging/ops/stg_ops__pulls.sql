select
    pulls.source,
    pulls.object,
    pulls.pull_id,
    pulls.kind,
    cast(pulls.pulled_at as timestamp) as pulled_at,
    cast(pulls.window_end as timestamp) as window_end,
    cast(pulls.records as bigint) as records,
    cast(pulls.versions as bigint) as versions
from {{ run_input('pulls') }} as pulls
inner join {{ ref('stg_ops__clocks') }} as clocks on pulls.pulled_at <= clocks.known_at
