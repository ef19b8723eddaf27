-- F09 凭证来源 | finance.commission_lines
select
    coalesce(department_id, 'unassigned') as department_id,
    case
        when entry_type in ('CAP_WITHHELD', 'CAP_RELEASE', 'HOLD', 'HOLD_RELEASE', 'HOLDBACK', 'HOLDBACK_RELEASE') then 'withheld'
        when entry_type = 'DRAW' and reason = '保障补足' then 'expense'
        when entry_type in ('DRAW', 'DRAW_RECOVERY') then 'draw_receivable'
        when entry_type = 'CLAWBACK_RECOVERY' then 'clawback_receivable'
        else 'expense'
    end as account,
    sum(amount) as amount
from finance.commission_lines
where posting_period = $month
group by all
order by account, department_id
