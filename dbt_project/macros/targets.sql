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
        targets.is_challenge,
        targets.is_prorated,
        targets.stretch,
        targets.valid_from,
        targets.valid_to,
        clocks.as_of,
        coalesce(
            targets.period_start,
            case
                when length(targets.period) = 7 and targets.period not like '%Q%' then cast(targets.period || '-01' as date)
                else {{ add_months(
                    "cast(substr(targets.period, 1, 4) || '-' || case substr(targets.period, 6, 2) when 'Q2' then '04' when 'Q3' then '07' when 'Q4' then '10' else '01' end || '-01' as date)",
                    'clocks.fiscal_year_start_month - 1'
                ) }}
            end
        ) as starts_on,
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
    cross join {{ ref('clocks') }} as clocks
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
    where {{ holds_on('dated', 'least(' ~ days_after('dated.ends_before', -1) ~ ', dated.as_of)') }}
)
{% endmacro %}
