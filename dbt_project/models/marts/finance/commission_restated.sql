-- A closed month as its statement said, and as it would come out today: what was posted later, or waits to be, names it as its origin.
with lines as (
    select
        lines.payee_no,
        lines.payee_name,
        coalesce(lines.plan_id, '-') as plan_id,
        coalesce(lines.component_id, '-') as component_id,
        lines.component_name,
        lines.origin_period,
        lines.posting_period,
        lines.status,
        lines.amount
    from {{ ref('commission_lines') }} as lines
),

closed as (
    select period
    from {{ ref('dim_commission_periods') }}
    where state in ('closed', 'paid')
),

of_both as (
    select
        payee_no,
        payee_name,
        plan_id,
        component_id,
        component_name,
        posting_period as month,
        amount as reported,
        case when origin_period < posting_period then amount else 0 end as of_earlier,
        cast(0 as decimal(18, 2)) as posted_later,
        cast(0 as decimal(18, 2)) as pending
    from lines
    where status = 'posted'
    union all
    select
        payee_no,
        payee_name,
        plan_id,
        component_id,
        component_name,
        origin_period as month,
        cast(0 as decimal(18, 2)) as reported,
        cast(0 as decimal(18, 2)) as of_earlier,
        case when status = 'posted' then amount else 0 end as posted_later,
        case when status = 'draft' then amount else 0 end as pending
    from lines
    where origin_period < posting_period
)

select
    of_both.payee_no,
    max(of_both.payee_name) as payee_name,
    of_both.plan_id,
    of_both.component_id,
    max(of_both.component_name) as component_name,
    of_both.month,
    cast(sum(of_both.reported) as decimal(18, 2)) as as_reported,
    cast(sum(of_both.of_earlier) as decimal(18, 2)) as adjusted_earlier_months,
    cast(sum(of_both.posted_later) as decimal(18, 2)) as adjusted_since,
    cast(sum(of_both.pending) as decimal(18, 2)) as adjustment_pending,
    cast(sum(of_both.reported - of_both.of_earlier + of_both.posted_later + of_both.pending) as decimal(18, 2)) as as_restated
from of_both
inner join closed on of_both.month = closed.period
group by of_both.payee_no, of_both.plan_id, of_both.component_id, of_both.month
