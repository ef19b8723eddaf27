-- S09 未结申诉 | finance.commission_disputes | key dispute_id
select
    dispute_id,
    month,
    line,
    claim,
    opened_on,
    days_open,
    is_triage_late,
    state,
    effect_amount
from finance.commission_disputes
where payee_no = $payee_no
    and (state in ('open', 'triaged') or posted_in = $month)
order by opened_on, dispute_id
