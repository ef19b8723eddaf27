-- S08 结转余额 | finance.commission_balances | key balance_kind
select
    balance_kind,
    opening,
    added,
    released,
    closing
from finance.commission_balances
where payee_no = $payee_no
    and month = $month
order by balance_kind
