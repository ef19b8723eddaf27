-- Buckets add up to outstanding, customer by customer and in all, and overdue is what is not not-due.
-- A row here: an instalment that fell through the buckets (R01).
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'receivables_ageing'}}}) }}
select customer_key, outstanding, overdue
from {{ ref('receivables_ageing') }}
where not_due + d1_30 + d31_60 + d61_90 + d91_180 + d181_365 + d366_plus <> outstanding or outstanding - not_due <> overdue
union all
select 'all' as customer_key, of_ageing as outstanding, of_receivables as overdue
from (
    select
        (select coalesce(sum(outstanding), 0) from {{ ref('receivables_ageing') }}) as of_ageing,
        (select coalesce(sum(outstanding_amount_base), 0) from {{ ref('receivables') }}) as of_receivables
) as totals
where of_ageing <> of_receivables
