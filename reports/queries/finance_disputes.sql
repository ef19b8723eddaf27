-- F11 申诉 | finance.commission_disputes
select
    dispute_id,
    payee_no,
    month,
    line,
    claim,
    state,
    opened_on,
    decided_on,
    days_open,
    is_triage_late,
    effect_amount,
    posted_in
from finance.commission_disputes
where state in ('open', 'triaged') or posted_in = $month or month = $month
order by opened_on, dispute_id
