-- No fact is dated after as_of.
-- A row here: a figure that knows the future.
-- Ask: team:data
{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
select facts.event_date, clocks.as_of
from (
    select max(order_date) as event_date from {{ ref('fct_orders') }}
    union all select max(return_date) from {{ ref('fct_returns') }}
    union all select max(payment_date) from {{ ref('fct_payments') }}
    union all select max(closed_date) from {{ ref('fct_opportunities') }}
    union all select max(visit_date) from {{ ref('fct_visits') }}
    union all select max(invoice_date) from {{ ref('receivables') }}
) as facts
cross join {{ ref('clocks') }} as clocks
where facts.event_date > clocks.as_of
