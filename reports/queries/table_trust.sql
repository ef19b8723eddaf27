-- Q19 已发布表的等级 | core.table_trust | key table_name
select
    schema_name || '.' || table_name as table_name,
    grade,
    score,
    freshness,
    coverage,
    checks,
    hand_share
from core.table_trust
where schema_name in ('finance', 'management')
order by score, table_name
limit 12
