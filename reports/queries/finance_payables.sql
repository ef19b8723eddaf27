-- F05 应发提成 | finance.commission_payables
select
    payee_no,
    department_id,
    earned,
    adjusted,
    withheld,
    recovered,
    payable,
    status
from finance.commission_payables
where pay_month = $month
order by payee_no
