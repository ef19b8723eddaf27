-- S10 以前月份重述 | finance.commission_restated, finance.commission_lines | key month, component_id
select
    restated.month,
    restated.component_id,
    max(restated.component_name) as component_name,
    sum(restated.as_reported - restated.adjusted_earlier_months) as as_reported,
    sum(restated.adjusted_since) as adjusted_since,
    sum(restated.adjustment_pending) as adjustment_pending,
    sum(restated.as_restated) as as_restated
from finance.commission_restated as restated
where restated.payee_no = $payee_no
    and exists (
        select 1
        from finance.commission_lines as lines
        where lines.payee_no = $payee_no
            and lines.posting_period = $month
            and lines.origin_period = restated.month
            and lines.origin_period < $month
            and coalesce(lines.component_id, '-') = restated.component_id
    )
group by restated.month, restated.component_id
order by restated.month, restated.component_id
