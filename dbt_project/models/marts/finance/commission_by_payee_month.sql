select
    payee_no,
    max(payee_name) as payee_name,
    max(department_id) as department_id,
    coalesce(component_id, '-') as component_id,
    max(component_name) as component_name,
    posting_period as month,
    cast(sum(case when entry_type in ('EARN', 'SPIFF', 'AWARD') then amount else 0 end) as decimal(18, 2)) as earned,
    cast(sum(case
        when entry_type in ('ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'ADJ_DISPUTE', 'CLAWBACK', 'MANUAL', 'PENALTY', 'FX_DIFF', 'ROUNDING', 'WRITE_OFF')
            then amount else 0
    end) as decimal(18, 2)) as adjusted,
    cast(sum(case
        when entry_type in ('CAP_WITHHELD', 'CAP_RELEASE', 'HOLD', 'HOLD_RELEASE', 'HOLDBACK', 'HOLDBACK_RELEASE') then amount else 0
    end) as decimal(18, 2)) as withheld,
    cast(sum(case when entry_type in ('DRAW', 'DRAW_RECOVERY', 'CLAWBACK_RECOVERY') then amount else 0 end) as decimal(18, 2)) as recovered,
    cast(sum(amount) as decimal(18, 2)) as payable,
    case when max(case when status = 'draft' then 1 else 0 end) = 1 then 'draft' else 'posted' end as status
from {{ ref('commission_lines') }}
group by payee_no, coalesce(component_id, '-'), posting_period
