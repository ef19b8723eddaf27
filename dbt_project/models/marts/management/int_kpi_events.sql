{{ config(schema='intermediate', contract={'enforced': false}) }}

-- One row per metric and event: whose it is, where it happened, what it adds to numerator and denominator. A family of metrics is a
-- model in kpi_events/; the ones without an axis, an entity or an order of their own get the empty one here.
-- An event of an order that several people share (deal_splits) has one row per person, each with the whole figures: what of them is
-- whose (`share`, the last of its stretch `share_to`) is reckoned scope by scope in kpi.
with families as (
    {%- set no_text = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    {%- set families = [
        ('int_sales_events', no_text, 'axis', 'member', 'entity_id', true),
        ('int_cash_events', 'period_type', 'axis', 'member', no_text, true),
        ('int_pipeline_events', 'period_type', 'axis', 'member', no_text, false),
        ('int_activity_events', no_text, "'organisation'", "'all'", 'entity_id', true),
        ('int_customer_events', no_text, "'organisation'", "'all'", 'entity_id', true),
        ('int_cost_events', no_text, "'organisation'", "'all'", no_text, true),
        ('int_people_events', no_text, "'organisation'", "'all'", 'entity_id', false),
        ('int_market_events', 'period_type', 'axis', 'member', no_text, false),
        ('int_tier_events', no_text, 'axis', 'member', no_text, false),
        ('int_compared_events', 'period_type', "'organisation'", "'all'", no_text, false),
        ('int_service_events', no_text, "'organisation'", "'all'", no_text, true),
    ] %}
    {% for family, period_type, axis, member, entity_id, is_of_orders in families %}
    select
        metric_id, {{ period_type }} as period_type, {{ axis }} as axis, event_id, {{ entity_id }} as entity_id, event_date, employee_no,
        department_id, {{ 'order_key' if is_of_orders else no_text }} as order_key, {{ 'credit_day' if is_of_orders else 'event_date' }} as credit_day,
        {{ member }} as member, cast(numerator as decimal(28, 6)) as numerator, cast(denominator as decimal(28, 6)) as denominator
    from {{ ref(family) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

splits as (
    select transaction_id as order_key, payee_no, is_overlay, share, valid_from, valid_to from {{ ref('commission_splits') }}
),

-- Shares in force between two turns of an order's split table.
turns as (
    select order_key, coalesce(valid_from, cast('1900-01-01' as date)) as held_from from splits
    union
    select order_key, {{ days_after('valid_to', 1) }} as held_from from splits where valid_to is not null
),

stretches as (
    select
        order_key,
        held_from,
        coalesce(lead(held_from) over (partition by order_key order by held_from), cast('9999-12-31' as date)) as held_before
    from turns
),

in_force as (
    select
        stretches.order_key, stretches.held_from, stretches.held_before, splits.payee_no, splits.is_overlay, sum(splits.share) as share
    from stretches
    inner join splits on stretches.order_key = splits.order_key and {{ holds_on('splits', 'stretches.held_from') }}
    group by stretches.order_key, stretches.held_from, stretches.held_before, splits.payee_no, splits.is_overlay
),

laid_out as (
    select
        in_force.*,
        sum(case when is_overlay then 0 else share end) over (partition by order_key, held_from) as whole,
        case when is_overlay then share else sum(share) over (
            partition by order_key, held_from, is_overlay order by payee_no rows between unbounded preceding and current row
        ) end as share_to
    from in_force
),

-- Beside overlays alone the owner has the whole.
holders as (
    select order_key, held_from, held_before, payee_no, is_overlay, cast(share as decimal(18, 6)) as share, cast(share_to as decimal(18, 6)) as share_to
    from laid_out
    where is_overlay or whole = 1
    union all
    select distinct
        order_key, held_from, held_before, {{ no_text }} as payee_no, false as is_overlay, cast(1 as decimal(18, 6)) as share,
        cast(1 as decimal(18, 6)) as share_to
    from laid_out
    where whole <> 1
),

credits as (
    select registry.metric_id, holders.*
    from holders
    cross join (select metric_id from {{ ref('metrics') }} where credit is not null) as registry
),

credited as (
    select
        families.*,
        credits.payee_no as holder_no,
        credits.is_overlay,
        credits.share,
        credits.share_to
    from families
    left join credits
        on families.metric_id = credits.metric_id
        and families.order_key = credits.order_key
        and families.axis = 'organisation'
        and credits.held_from <= families.credit_day
        and families.credit_day < credits.held_before
)

select
    credited.metric_id,
    coalesce(credited.period_type, 'any') as period_type,
    credited.axis,
    credited.event_id,
    credited.entity_id,
    credited.event_date,
    coalesce(credited.holder_no, credited.employee_no, 'unassigned') as employee_no,
    coalesce(case when credited.holder_no is not null then history.department_id end, credited.department_id, 'unassigned') as department_id,
    coalesce(history.region, 'unassigned') as region,
    coalesce(credited.department_id, 'unassigned') as source_department_id,
    credited.member,
    credited.numerator,
    credited.denominator,
    coalesce(credited.holder_no, 'owner') as held_by,
    coalesce(credited.is_overlay, false) as is_overlay,
    credited.share,
    credited.share_to
from credited
left join {{ ref('dim_employee_history') }} as history
    on coalesce(credited.holder_no, credited.employee_no) = history.employee_no
    and history.effective_from <= credited.event_date
    and credited.event_date < history.effective_to
