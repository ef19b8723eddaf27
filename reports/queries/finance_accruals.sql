-- F08 预提 | finance.commission_accruals
select
    month,
    earned,
    written_off,
    payable,
    earned_unpaid,
    withheld,
    clawback_receivable,
    draw_receivable,
    capitalised,
    amortised,
    expense,
    contingent_on_cash,
    contingent_expected
from finance.commission_accruals
where month <= $month
    and month >= substr($month, 1, 4) || '-01'
order by month
