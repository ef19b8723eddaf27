{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Targets as people wrote them, with what the log says of each.
select
    targets.target_id,
    targets.metric_id,
    targets.scope_type,
    targets.scope_id,
    targets.period,
    targets.period_start,
    targets.period_end,
    targets.version,
    targets.agreed_by,
    targets.agreed_on,
    targets.valid_from,
    targets.valid_to,
    changes.amounts,
    changes.smallest,
    changes.largest
from {{ ref('stg_company__targets') }} as targets
left join {{ ref('stg_company__target_changes') }} as changes on targets.target_id = changes.target_id
