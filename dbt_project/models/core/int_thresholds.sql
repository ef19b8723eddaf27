{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    thresholds.threshold_id,
    thresholds.value,
    thresholds.unit
from {{ ref('thresholds') }} as thresholds
cross join {{ ref('clocks') }} as clocks
where {{ holds_on('thresholds', 'clocks.as_of') }}
