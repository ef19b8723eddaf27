-- S02 本月提成 | finance.commission_by_payee_month | key component_id
select
    component_id,
    component_name,
    earned,
    adjusted,
    withheld,
    recovered,
    payable,
    status
from finance.commission_by_payee_month
where payee_no = $payee_no
    and month = $month
order by component_id
