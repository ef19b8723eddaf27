-- C02 客户月度 | management.customer_months | key month
select
    month,
    tier,
    tier_source,
    r_score,
    f_score,
    m_score,
    month_orders,
    month_signed_base,
    month_collected_base,
    month_valid_visits,
    month_cases
from management.customer_months
where customer_key = $customer_key
order by month desc
limit 12
