{{ config(schema='intermediate', contract={'enforced': false}) }}

-- One row per metric and event: whose it is, where it happened, what it adds to numerator and denominator. A family of metrics is a
-- model in kpi_events/; the ones without an axis or an entity of their own get the empty one here.
with families as (
    {%- set no_text = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    {%- set families = [
        ('int_sales_events', no_text, 'axis', 'member', 'entity_id'),
        ('int_cash_events', 'period_type', 'axis', 'member', no_text),
        ('int_pipeline_events', 'period_type', 'axis', 'member', no_text),
        ('int_activity_events', no_text, "'organisation'", "'all'", 'entity_id'),
        ('int_customer_events', no_text, "'organisation'", "'all'", 'entity_id'),
        ('int_cost_events', no_text, "'organisation'", "'all'", no_text),
        ('int_people_events', no_text, "'organisation'", "'all'", 'entity_id'),
        ('int_market_events', 'period_type', 'axis', 'member', no_text),
        ('int_tier_events', no_text, 'axis', 'member', no_text),
        ('int_compared_events', 'period_type', "'organisation'", "'all'", no_text),
        ('int_service_events', no_text, "'organisation'", "'all'", no_text),
    ] %}
    {% for family, period_type, axis, member, entity_id in families %}
    select
        metric_id, {{ period_type }} as period_type, {{ axis }} as axis, event_id, {{ entity_id }} as entity_id, event_date, employee_no,
        department_id, {{ member }} as member, cast(numerator as decimal(28, 6)) as numerator, cast(denominator as decimal(28, 6)) as denominator
    from {{ ref(family) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    families.metric_id,
    coalesce(families.period_type, 'any') as period_type,
    families.axis,
    families.event_id,
    families.entity_id,
    families.event_date,
    coalesce(families.employee_no, 'unassigned') as employee_no,
    coalesce(families.department_id, 'unassigned') as department_id,
    coalesce(history.region, 'unassigned') as region,
    families.member,
    families.numerator,
    families.denominator
from families
left join {{ ref('dim_employee_history') }} as history
    on families.employee_no = history.employee_no
    and history.effective_from <= families.event_date
    and families.event_date < history.effective_to
