-- Q13 数据可信度 | core.data_trust | key source, object
select
    source,
    object,
    last_pulled_at,
    records,
    versions,
    quarantined,
    failed_checks,
    hours_behind,
    grade
from core.data_trust
order by grade desc, source, object
