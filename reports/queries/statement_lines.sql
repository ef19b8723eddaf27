-- S06 台账分录 | finance.commission_lines | key entry_id
select
    entry_id,
    entry_type,
    component_name,
    origin_period,
    posting_period,
    amount,
    reason,
    status,
    plan_hash,
    entry_hash,
    data_as_of
from finance.commission_lines
where payee_no = $payee_no
    and posting_period = $month
order by origin_period, entry_type, entry_id
