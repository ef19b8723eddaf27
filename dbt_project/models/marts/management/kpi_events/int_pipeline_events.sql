{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with opportunities as (
    select * from {{ ref('fct_opportunities') }}
)

{% for metric_id, day, numerator, denominator, condition in [
    ('win_rate', 'closed_date', "case when status = 'won' then 1 else 0 end", '1', "status in ('won', 'lost')"),
    ('win_rate_amount', 'closed_date', "case when status = 'won' then coalesce(amount_base, 0) else 0 end", 'coalesce(amount_base, 0)',
     "status in ('won', 'lost')"),
    ('sales_cycle_days', 'closed_date', 'cycle_days', '1', "status = 'won' and cycle_days is not null"),
    ('sales_cycle_days_p75', 'closed_date', 'cycle_days', '1', "status = 'won' and cycle_days is not null"),
    ('lost_cycle_days', 'closed_date', days_between('created_date', 'closed_date'), '1', "status = 'lost' and created_date is not null"),
    ('opportunities_created', 'created_date', '1', '0', 'created_date is not null'),
] %}
select
    '{{ metric_id }}' as metric_id, opportunity_key as event_id, {{ day }} as event_date, employee_no, department_id,
    {{ numerator }} as numerator, {{ denominator }} as denominator
from opportunities
where {{ condition }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
union all
select 'new_leads' as metric_id, lead_key as event_id, created_date as event_date, employee_no, department_id, 1 as numerator, 0 as denominator
from {{ ref('int_leads') }}
union all
select 'lead_conversion_rate', lead_key, created_date, employee_no, department_id, case when is_converted then 1 else 0 end, 1
from {{ ref('int_leads') }}
