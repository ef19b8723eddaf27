-- Q12 台账头 | finance.commission_lines
-- The head is the one posted entry no other entry points back to.
select lines.entry_hash
from finance.commission_lines as lines
where lines.status = 'posted'
    and lines.entry_hash not in (
        select prev_entry_hash from finance.commission_lines where status = 'posted' and prev_entry_hash is not null
    )
order by lines.entry_hash
limit 1
