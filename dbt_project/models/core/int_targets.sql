{{ config(schema='intermediate', contract={'enforced': false}) }}


-- A target counts in the period in which it starts. A quarter without a target of its own is the sum of its months, a year that of
-- its quarters; only sums can be rolled up.
with written as (
    select
        targets.metric_id,
        targets.scope_type,
        case when targets.scope_type = 'company' then 'company' else targets.scope_id end as scope_id,
        targets.version,
        targets.quantity,
        targets.amount,
        targets.valid_from,
        targets.valid_to,
        coalesce(targets.period_start, cast(
            substr(targets.period, 1, 4) || '-' || case substr(targets.period, 6, 2)
                when '' then '01' when 'Q1' then '01' when 'Q2' then '04' when 'Q3' then '07' when 'Q4' then '10'
                else substr(targets.period, 6, 2)
            end || '-01' as date
        )) as starts_on,
        targets.period_end,
        case
            when length(targets.period) = 4 then 'year'
            when targets.period like '%Q%' then 'quarter'
            when targets.period is not null then 'month'
            when {{ days_between('targets.period_start', 'targets.period_end') }} <= 31 then 'month'
            when {{ days_between('targets.period_start', 'targets.period_end') }} <= 93 then 'quarter'
            else 'year'
        end as period_type
    from {{ ref('stg_company__targets') }} as targets
),

dated as (
    select
        written.*,
        coalesce(period_end, {{ add_months('starts_on', "case period_type when 'month' then 1 when 'quarter' then 3 else 12 end") }}) as ends_before
    from written
),

-- The version in force on the last day of the period, or today while the period runs.
ranked as (
    select
        dated.*,
        row_number() over (
            partition by dated.metric_id, dated.scope_type, dated.scope_id, dated.period_type, dated.starts_on, dated.ends_before
            order by dated.version desc, dated.valid_from desc nulls last
        ) as place
    from dated
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('dated', 'least(dated.ends_before - 1, clocks.as_of)') }}
),

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
