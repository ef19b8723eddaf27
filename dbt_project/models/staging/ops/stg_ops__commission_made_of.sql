select
    posting_period,
    event_id,
    payee_no,
    plan_id,
    plan_hash,
    component_id,
    month,
    window_period,
    customer_key,
    fx_rate,
    share,
    base_amount,
    amount,
    is_by_this_code
from {{ run_input('commission_made_of') }}
