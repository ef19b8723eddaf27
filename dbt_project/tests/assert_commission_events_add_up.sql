-- Lines of an event add up to the event told whole, in every measure.
-- A row here would pay a product rate on more or less than the order was worth.
-- Ask: data team.
with sums as (
    select
        event_type,
        transaction_id,
        event_date,
        {% for measure in ['amount_ex_tax', 'amount_incl_tax', 'gross_margin', 'quantity'] -%}
        sum(case grain when 'whole' then {{ measure }} when 'line' then -{{ measure }} else 0 end) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('commission_events') }}
    where transaction_id is not null
    group by event_type, transaction_id, event_date
)

select *
from sums
where amount_ex_tax <> 0 or amount_incl_tax <> 0 or gross_margin <> 0 or quantity <> 0
