-- Openings plus movements are closings: the last balance of management.kpi is what finance sees outstanding, to the cent.
-- A row here: an invoice, a reduction or a payment moves one of the two and not the other.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
with balance as (
    select coalesce(sum(kpi.value), 0) as amount
    from {{ ref('kpi') }} as kpi
    cross join {{ ref('clocks') }} as clocks
    where kpi.metric_id = 'receivables_balance' and kpi.scope_type = 'company' and kpi.org_view = 'as_of_event'
        and kpi.period_type = 'month' and kpi.period_start = {{ period_start('month', 'clocks.as_of') }}
),

outstanding as (
    select coalesce(sum(outstanding_amount_base), 0) as amount from {{ ref('receivables') }}
)

select balance.amount as of_kpi, outstanding.amount as of_finance
from balance
cross join outstanding
where abs(balance.amount - outstanding.amount) >= 0.01
