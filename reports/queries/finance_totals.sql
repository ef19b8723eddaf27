-- F03 控制总数 | finance.commission_lines, finance.commission_by_payee_month
select
    (select count(*) from finance.commission_lines where posting_period = $month) as line_count,
    (select coalesce(sum(amount), 0) from finance.commission_lines where posting_period = $month) as line_amount,
    (select coalesce(sum(payable), 0) from finance.commission_by_payee_month where month = $month) as payable,
    (select count(distinct payee_no) from finance.commission_by_payee_month where month = $month) as payees
