-- S03 本月与结转合计 | finance.commission_statements
select
    carry_in,
    earned,
    of_earlier_months,
    payable,
    carry_out,
    payable_year_to_date,
    status
from finance.commission_statements
where payee_no = $payee_no
    and month = $month
