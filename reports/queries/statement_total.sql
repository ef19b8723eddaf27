-- S03 本月与结转合计 | finance.commission_statements, finance.commission_balances, core.dim_commission_periods
select
    coalesce(statements.carry_in, balances.carry_in, 0) as carry_in,
    coalesce(statements.earned, 0) as earned,
    coalesce(statements.of_earlier_months, 0) as of_earlier_months,
    coalesce(statements.payable, 0) as payable,
    coalesce(statements.carry_out, balances.carry_out, 0) as carry_out,
    coalesce(statements.payable_year_to_date, before.payable, 0) as payable_year_to_date,
    coalesce(statements.status, case when closed.period is null then 'draft' else 'posted' end) as status
from (select $payee_no as payee_no, $month as month) as wanted
left join finance.commission_statements as statements using (payee_no, month)
left join core.dim_commission_periods as closed on wanted.month = closed.period and closed.closed_at is not null
cross join (
    select sum(opening) as carry_in, sum(closing) as carry_out
    from finance.commission_balances
    where payee_no = $payee_no
        and month = $month
) as balances
cross join (
    select sum(payable) as payable
    from finance.commission_statements
    where payee_no = $payee_no
        and month between substr($month, 1, 4) || '-01' and $month
) as before
