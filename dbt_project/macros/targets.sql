{#- CTEs that end in `ranked`: targets as people wrote them, place 1 the version in force on the last day of its period, or today while
    the period runs. `starts_on` is the first day, `ends_before` the first day after it. -#}
{% macro ranked_targets() %}
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
)
{% endmacro %}
