-- The company's own value on the days for which it has one, the default on all others, however early.
with decided as (
    select thresholds.*
    from {{ ref('stg_company__risk_thresholds') }} as thresholds
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('thresholds', 'clocks.as_of') }}
)

select
    defaults.threshold_id,
    cast(coalesce(decided.value, defaults.value) as decimal(18, 6)) as value,
    defaults.unit,
    cast(defaults.value as decimal(18, 6)) as default_value,
    coalesce(decided.reason, defaults.reason) as reason,
    coalesce(decided.approved_by, defaults.approved_by) as approved_by,
    coalesce(decided.valid_from, defaults.valid_from) as valid_from,
    case when decided.threshold_id is null then defaults.valid_to else decided.valid_to end as valid_to,
    decided.threshold_id is not null as is_own
from {{ ref('thresholds') }} as defaults
left join decided on defaults.threshold_id = decided.threshold_id
