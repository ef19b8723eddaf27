-- F10 关账 | core.dim_commission_periods
select
    period,
    reviewed_by,
    approved_by,
    closed_at,
    ledger_head
from core.dim_commission_periods
where period = $month
    and closed_at is not null
