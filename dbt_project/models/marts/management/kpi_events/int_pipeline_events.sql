{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with opportunities as (
    select * from {{ ref('fct_opportunities') }}
),

leads as (
    select * from {{ ref('int_leads') }}
),

rivals as (
    select * from {{ ref('int_rivals') }}
),

moves as (
    select * from {{ ref('int_stage_moves') }}
),

-- The day a deal was qualified: known where its beginning is, or an earlier state that was not.
qualified as (
    select states.opportunity_key, min(case when states.is_qualified and states.status = 'open' then states.valid_from end) as qualified_on
    from {{ ref('opportunity_history') }} as states
    cross join {{ ref('clocks') }} as clocks
    inner join opportunities on states.opportunity_key = opportunities.opportunity_key
    where states.known_to is null and states.valid_from <= clocks.as_of
    group by states.opportunity_key, opportunities.created_date
    having min(states.valid_from) = opportunities.created_date
        or min(states.valid_from) < min(case when states.is_qualified and states.status = 'open' then states.valid_from end)
),

forecasts as (
    select snapshots.*, quarters.period_start
    from {{ ref('forecast_snapshots') }} as snapshots
    inner join {{ ref('int_period_months') }} as quarters
        on quarters.period_type = 'quarter' and snapshots.period = quarters.period and quarters.month = quarters.period_start
    where snapshots.forecast_amount is not null
)

{% for metric_id, day, numerator, denominator, condition in [
    ('win_rate', 'closed_date', "case when status = 'won' then 1 else 0 end", '1', "status in ('won', 'lost')"),
    ('win_rate_amount', 'closed_date', "case when status = 'won' then coalesce(amount_base, 0) else 0 end", 'coalesce(amount_base, 0)',
     "status in ('won', 'lost')"),
    ('sales_cycle_days', 'closed_date', 'cycle_days', '1', "status = 'won' and cycle_days is not null"),
    ('sales_cycle_days_p75', 'closed_date', 'cycle_days', '1', "status = 'won' and cycle_days is not null"),
    ('lost_cycle_days', 'closed_date', days_between('created_date', 'closed_date'), '1', "status = 'lost' and created_date is not null"),
    ('opportunities_created', 'created_date', '1', '0', 'created_date is not null'),
    ('opportunities_won', 'closed_date', '1', '0', "status = 'won'"),
    ('cohort_win_rate', 'created_date', "case when status = 'won' then 1 else 0 end", '1', 'created_date is not null'),
] %}
select
    '{{ metric_id }}' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, 'organisation' as axis, opportunity_key as event_id, {{ day }} as event_date, employee_no,
    department_id, 'all' as member, {{ numerator }} as numerator, {{ denominator }} as denominator
from opportunities
where {{ condition }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% for metric_id, numerator, denominator in [
    ('new_leads', '1', '0'),
    ('lead_conversion_rate', 'case when is_converted then 1 else 0 end', '1'),
    ('lead_mql_rate', 'case when is_qualified then 1 else 0 end', '1'),
    ('lead_opportunity_rate', 'case when has_opportunity then 1 else 0 end', '1'),
    ('lead_win_rate', 'case when is_won then 1 else 0 end', '1'),
] %}
union all
select
    '{{ metric_id }}', cast(null as {{ dbt.type_string() }}), 'organisation', lead_key, created_date, employee_no, department_id, 'all', {{ numerator }}, {{ denominator }}
from leads
{% endfor %}
union all
select 'leads_converted', cast(null as {{ dbt.type_string() }}), 'organisation', lead_key, leads.converted_date, employee_no, department_id, 'all', 1, 0
from leads
cross join {{ ref('clocks') }} as clocks
where leads.converted_date <= clocks.as_of
{% for axis, member in [('organisation', "'all'"), ('competitor', 'rivals.competitor')] %}
union all
select
    'win_rate_against', cast(null as {{ dbt.type_string() }}), '{{ axis }}', rivals.line_key, opportunities.closed_date, opportunities.employee_no, opportunities.department_id,
    {{ member }}, case when opportunities.status = 'won' then 1 else 0 end, 1
from rivals
inner join opportunities on rivals.opportunity_key = opportunities.opportunity_key
where opportunities.status in ('won', 'lost'){{ ' and rivals.place = 1' if axis == 'organisation' }}
{% endfor %}
{% for axis, member in [('organisation', "'all'"), ('loss_reason', "coalesce(loss_reason, 'unassigned')")] %}
union all
select 'opportunities_lost', cast(null as {{ dbt.type_string() }}), '{{ axis }}', opportunity_key, closed_date, employee_no, department_id, {{ member }}, 1, 0
from opportunities
where status = 'lost'
{% endfor %}
{% for metric_id in ['qualified_cycle_days', 'qualified_cycle_days_p75'] %}
union all
select
    '{{ metric_id }}', cast(null as {{ dbt.type_string() }}), 'organisation', opportunities.opportunity_key, opportunities.closed_date,
    opportunities.employee_no, opportunities.department_id, 'all', {{ days_between('qualified.qualified_on', 'opportunities.closed_date') }}, 1
from opportunities
inner join qualified on opportunities.opportunity_key = qualified.opportunity_key
where opportunities.status = 'won' and qualified.qualified_on is not null
{% endfor %}
{% for metric_id, numerator, denominator, condition in [
    ('gate_compliance', 'met', 'gates', 'gates > 0'),
    ('skipped_stage_rate', 'case when steps > 1 then 1 else 0 end', '1', 'steps > 0'),
    ('backward_moves', '1', '0', 'steps < 0'),
] %}
{%- for axis, member in [('organisation', "'all'"), ('stage', 'stage')] %}
union all
select
    '{{ metric_id }}', cast(null as {{ dbt.type_string() }}), '{{ axis }}', opportunity_key, left_on, employee_no, department_id, {{ member }},
    {{ numerator }}, {{ denominator }}
from moves
where {{ condition }}
{%- endfor %}
{% endfor %}
{% for days in [90, 60, 30, 0] %}
union all
select
    'forecast_accuracy_{{ days }}', 'quarter', scope_type, 'forecast', period_start, cast(null as {{ dbt.type_string() }}), scope_id, scope_id,
    cast(actual_amount - abs(actual_amount - forecast_amount) as decimal(38, 4)), actual_amount
from forecasts
where snapshot = 'T-{{ days }}' and is_over
union all
select
    'forecast_bias_{{ days }}', 'quarter', scope_type, 'forecast', period_start, cast(null as {{ dbt.type_string() }}), scope_id, scope_id,
    cast(forecast_amount - actual_amount as decimal(38, 4)), actual_amount
from forecasts
where snapshot = 'T-{{ days }}' and is_over
{% endfor %}
union all
select
    'slippage_rate', 'quarter', scope_type, 'forecast', period_start, cast(null as {{ dbt.type_string() }}), scope_id, scope_id,
    slipped_amount, commit_amount + best_case_amount + pipeline_amount
from forecasts
where snapshot = 'T-90' and is_over
union all
select
    'pipeline_coverage', 'quarter', scope_type, 'forecast', period_start, cast(null as {{ dbt.type_string() }}), scope_id, scope_id,
    commit_amount + best_case_amount + pipeline_amount, greatest(target - won_to_date, 0)
from forecasts
where snapshot = 'T-90' and target is not null
