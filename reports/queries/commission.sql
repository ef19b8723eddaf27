-- Q10 提成：从计提到应付 | finance.commission_by_payee_month | key scope
-- A department with fewer than five payees is not shown apart; no name and no number of a person leaves this query.
with grouped as (
    select
        case when grouping(lines.department_id) = 1 then 'company' else coalesce(lines.department_id, 'unassigned') end as scope,
        case when grouping(lines.department_id) = 1 then '公司合计' else coalesce(any_value(departments.department_name), '未分配') end as scope_name,
        count(distinct lines.payee_no) as payees,
        sum(lines.earned) as earned,
        sum(lines.adjusted) as adjusted,
        sum(lines.withheld) as withheld,
        sum(lines.recovered) as recovered,
        sum(lines.payable) as payable,
        sum(lines.payable) filter (where lines.status = 'posted') as posted
    from finance.commission_by_payee_month as lines
    left join core.dim_departments as departments on lines.department_id = departments.department_id
    where lines.month in (select unnest($months))
    group by grouping sets ((), (lines.department_id))
)

select
    scope,
    scope_name,
    payees,
    case when payees >= $smallest_group then earned end as earned,
    case when payees >= $smallest_group then adjusted end as adjusted,
    case when payees >= $smallest_group then withheld end as withheld,
    case when payees >= $smallest_group then recovered end as recovered,
    case when payees >= $smallest_group then payable end as payable,
    case when payees >= $smallest_group then coalesce(posted, 0) end as posted
from grouped
order by scope = 'company' desc, scope
