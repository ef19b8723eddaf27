select
    metric_id,
    code,
    name_zh,
    unit,
    kind,
    formula,
    owner,
    version
from {{ ref('int_metrics') }}
