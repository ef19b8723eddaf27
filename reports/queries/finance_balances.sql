-- F06 余额 | finance.commission_balances
select
    payee_no,
    balance_kind,
    opening,
    added,
    released,
    closing
from finance.commission_balances
where month = $month
order by payee_no, balance_kind
