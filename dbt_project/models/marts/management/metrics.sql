select
    metric_id,
    code,
    name_zh,
    unit,
    formula,
    owner,
    version
from {{ ref('metric_registry') }}
