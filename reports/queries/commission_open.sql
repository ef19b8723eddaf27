-- Q18 本季未过账的提成行数 | finance.commission_by_payee_month
select count(*) as open_lines
from finance.commission_by_payee_month
where month in (select unnest($months))
    and status = 'draft'
