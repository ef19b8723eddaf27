-- Q15 隔离区 | core.quarantine | key source, object, rule
select
    source,
    object,
    rule,
    any_value(reason order by reason) as reason,
    count(*) as held,
    min(first_seen_at) as first_seen_at
from core.quarantine
group by source, object, rule
order by held desc, source, object, rule
limit 10
