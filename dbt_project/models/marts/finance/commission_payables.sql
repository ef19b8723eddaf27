select
    lines.payee_no,
    max(lines.payee_name) as payee_name,
    max(lines.department_id) as department_id,
    lines.month as pay_month,
    cast(sum(lines.earned) as decimal(18, 2)) as earned,
    cast(sum(lines.adjusted) as decimal(18, 2)) as adjusted,
    cast(sum(lines.withheld) as decimal(18, 2)) as withheld,
    cast(sum(lines.recovered) as decimal(18, 2)) as recovered,
    cast(sum(lines.payable) as decimal(18, 2)) as payable,
    coalesce(max(periods.state), 'draft') as status,
    max(periods.reviewed_by) as reviewed_by,
    max(periods.approved_by) as approved_by,
    max(periods.paid_by) as paid_by,
    max(periods.paid_at) as paid_at
from {{ ref('commission_by_payee_month') }} as lines
left join {{ ref('dim_commission_periods') }} as periods on lines.month = periods.period
group by lines.payee_no, lines.month
