-- C03 分层历史 | management.customer_tiers | key version_no
select
    version_no,
    tier,
    tier_source,
    valid_from,
    valid_to
from management.customer_tiers
where customer_key = $customer_key
order by version_no desc
limit 8
