-- Q16 指标口径 | management.metrics | key metric_id
select
    metric_id,
    code,
    name_zh,
    unit,
    formula,
    owner,
    version
from management.metrics
order by code, metric_id
