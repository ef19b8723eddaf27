-- Q14 数据可信度合计 | core.data_trust
select
    count(*) as objects,
    count(*) filter (where grade = 'A') as grade_a,
    sum(records) as records,
    sum(quarantined) as quarantined,
    sum(failed_checks) as failed_checks,
    max(hours_behind) as hours_behind
from core.data_trust
