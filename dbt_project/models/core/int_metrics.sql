{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    metric_id,
    code,
    name_zh,
    unit,
    kind,
    formula,
    owner,
    version
from {{ ref('metric_registry') }}
