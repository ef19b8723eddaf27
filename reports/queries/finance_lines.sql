-- F01 提成明细 | finance.commission_lines
select
    entry_id,
    entry_type,
    status,
    payee_no,
    department_id,
    coalesce(component_id, '-') as component_id,
    component_name,
    plan_id,
    plan_hash,
    origin_period,
    posting_period,
    amount,
    reason,
    reverses_id,
    data_as_of,
    approved_by,
    entry_hash
from finance.commission_lines
where posting_period = $month
order by payee_no, component_id, origin_period, entry_type, entry_id
