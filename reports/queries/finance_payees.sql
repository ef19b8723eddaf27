-- F02 按人按组件 | finance.commission_by_payee_month, finance.commission_lines
select
    payables.payee_no,
    payables.department_id,
    payables.component_id,
    payables.component_name,
    payables.earned,
    payables.adjusted,
    payables.withheld,
    payables.recovered,
    payables.payable,
    payables.status,
    coalesce(lines.amount, 0) as line_amount
from finance.commission_by_payee_month as payables
left join (
    select
        payee_no,
        coalesce(component_id, '-') as component_id,
        sum(amount) as amount
    from finance.commission_lines
    where posting_period = $month
    group by all
) as lines on payables.payee_no = lines.payee_no and payables.component_id = lines.component_id
where payables.month = $month
order by payables.payee_no, payables.component_id
