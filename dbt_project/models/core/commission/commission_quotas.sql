-- A plan may call its measure by the metric's id or by its Chinese name. Targets of months stand for the quarter and the year around
-- them, so that no quota is counted twice.
{{ ranked_targets() }},

own as (
    select metric_id, scope_id, starts_on, ends_before, coalesce(amount, quantity) as amount
    from ranked
    where place = 1 and scope_type = 'rep' and coalesce(amount, quantity) is not null
),

finest as (
    select own.*
    from own
    left join own as inner_ones
        on own.metric_id = inner_ones.metric_id
        and own.scope_id = inner_ones.scope_id
        and own.starts_on <= inner_ones.starts_on
        and inner_ones.ends_before <= own.ends_before
        and (own.starts_on < inner_ones.starts_on or inner_ones.ends_before < own.ends_before)
    where inner_ones.metric_id is null
),

named as (
    select metric_id, metric_id as measure from {{ ref('metric_registry') }}
    union all
    select metric_id, regexp_replace(name_zh, '（.*', '') as measure from {{ ref('metric_registry') }}
)

select
    finest.scope_id as payee_no,
    named.measure,
    finest.starts_on as first_day,
    {{ days_after('finest.ends_before', -1) }} as last_day,
    cast(finest.amount as decimal(38, 10)) as amount
from finest
inner join named on finest.metric_id = named.metric_id
