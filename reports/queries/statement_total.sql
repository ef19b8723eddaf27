-- S03 本月与结转合计 | finance.commission_by_payee_month
-- Carried balances are those of the calendar year the month lies in.
select
    sum(payable) filter (where month = $month) as payable,
    sum(payable) filter (where month = $previous_month) as previous_payable,
    coalesce(sum(payable) filter (where month < $month), 0) as carried_in,
    sum(payable) filter (where month <= $month) as carried_out,
    case when bool_and(status = 'posted') filter (where month = $month) then 'posted' else 'draft' end as status
from finance.commission_by_payee_month
where payee_no = $payee_no
    and month >= substr($month, 1, 4) || '-01'
    and month <= $month
