-- Q10 提成：从计提到应付 | finance.commission_by_payee_month | key scope
-- A department with fewer than five payees is not shown apart; no name and no number of a person leaves this query.
with grouped as (
    select
        coalesce(lines.department_id, 'company') as scope,
        case when lines.department_id is null then '公司合计' else any_value(departments.department_name) end as scope_name,
        count(distinct lines.payee_no) as payees,
        sum(lines.earned) as earned,
        sum(lines.adjusted) as adjusted,
        -abs(sum(lines.withheld)) as withheld,
        -abs(sum(lines.recovered)) as recovered,
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
