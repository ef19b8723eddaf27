-- Q11 提成：各月 | finance.commission_by_payee_month | key month
select
    month,
    count(distinct payee_no) as payees,
    sum(earned) as earned,
    sum(adjusted) as adjusted,
    sum(payable) as payable,
    case when bool_and(status = 'posted') then 'posted' else 'draft' end as status
from finance.commission_by_payee_month
where month in (select unnest($months))
group by month
having count(distinct payee_no) >= $smallest_group
order by month
