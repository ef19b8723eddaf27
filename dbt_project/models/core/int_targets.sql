{{ config(schema='intermediate', contract={'enforced': false}) }}


-- A target counts in the period in which it starts. A quarter without a target of its own is the sum of its months, a year that of
-- its quarters; only sums can be rolled up.
{{ ranked_targets() }},

own as (
    select
        metric_id,
        scope_type,
        scope_id,
        period_type,
        case period_type
            when 'month' then {{ period_start('month', 'starts_on') }}
            when 'quarter' then {{ period_start('quarter', 'starts_on') }}
            else {{ period_start('year', 'starts_on') }}
        end as period_start,
        sum(amount) as amount,
        sum(quantity) as quantity
    from ranked
    where place = 1
    group by 1, 2, 3, 4, 5
),

sums as (
    select metric_id from {{ ref('metric_registry') }} where kind = 'sum'
),

{% for period_type, part in [('quarter', 'month'), ('year', 'quarter')] %}
{{ period_type }}s as (
    select metric_id, scope_type, scope_id, period_start, amount, quantity
    from own
    where period_type = '{{ period_type }}'
    union all
    select
        parts.metric_id,
        parts.scope_type,
        parts.scope_id,
        {{ period_start(period_type, 'parts.period_start') }} as period_start,
        sum(parts.amount) as amount,
        sum(parts.quantity) as quantity
    from {{ "(select * from own where period_type = 'month')" if part == 'month' else 'quarters' }} as parts
    inner join sums on parts.metric_id = sums.metric_id
    left join own
        on own.period_type = '{{ period_type }}'
        and parts.metric_id = own.metric_id
        and parts.scope_type = own.scope_type
        and parts.scope_id = own.scope_id
        and {{ period_start(period_type, 'parts.period_start') }} = own.period_start
    where own.metric_id is null
    group by parts.metric_id, parts.scope_type, parts.scope_id, {{ period_start(period_type, 'parts.period_start') }}
),

{% endfor %}
resolved as (
    select metric_id, scope_type, scope_id, 'month' as period_type, period_start, amount, quantity from own where period_type = 'month'
    union all
    select metric_id, scope_type, scope_id, 'quarter' as period_type, period_start, amount, quantity from quarters
    union all
    select metric_id, scope_type, scope_id, 'year' as period_type, period_start, amount, quantity from years
)

select
    metric_id,
    scope_type,
    scope_id,
    period_type,
    period_start,
    cast(amount as decimal(38, 6)) as amount,
    cast(quantity as decimal(38, 6)) as quantity
from resolved
