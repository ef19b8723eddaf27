-- S04 本月计提 | finance.commission_earnings | key component_id
select
    component_id,
    component_name,
    plan_id,
    plan_hash,
    window_period,
    base_in_month,
    base_to_date,
    earned_to_date,
    amount
from finance.commission_earnings
where payee_no = $payee_no
    and month = $month
order by component_id, window_period
