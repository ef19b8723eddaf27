-- How far each published table can be trusted: freshness x coverage x checks of what feeds it, less a little for what people keep by hand.
with used as (
    select distinct crm as source from {{ ref('dim_departments') }}
    union all
    select 'company' as source
),

asked as (
    select source, object, count(*) as rules from {{ ref('stg_ops__validations') }} group by source, object
),

fed as (
    select
        lineage.schema_name,
        lineage.table_name,
        lineage.source,
        lineage.object,
        trust.object is not null as is_pulled,
        coalesce(trust.records, 0) as records,
        coalesce(trust.quarantined, 0) as quarantined,
        coalesce(trust.failed_checks, 0) as failed_checks,
        coalesce(asked.rules, 0) as rules,
        trust.hours_behind
    from {{ ref('stg_ops__lineage') }} as lineage
    inner join used on lineage.source = used.source
    left join {{ ref('data_trust') }} as trust on lineage.source = trust.source and lineage.object = trust.object
    left join asked on lineage.source = asked.source and lineage.object = asked.object
),

limits as (
    select
        max(case when threshold_id = 'trust_a_hours' then value end) as a_hours,
        max(case when threshold_id = 'trust_b_hours' then value end) as b_hours,
        max(case when threshold_id = 'trust_hand_weight' then value end) as hand_weight,
        max(case when threshold_id = 'trust_grade_a' then value end) as grade_a,
        max(case when threshold_id = 'trust_grade_b' then value end) as grade_b,
        max(case when threshold_id = 'trust_grade_c' then value end) as grade_c
    from {{ ref('dim_thresholds') }}
),

summed as (
    select
        fed.schema_name,
        fed.table_name,
        count(*) as objects,
        sum(case when fed.is_pulled then 1 else 0 end) as pulled,
        sum(case when fed.hours_behind <= limits.a_hours then 2 when fed.hours_behind <= limits.b_hours then 1 else 0 end) as fresh_halves,
        sum(fed.rules) as rules,
        sum(fed.records) as records,
        sum(case when fed.source = 'company' then fed.records else 0 end) as by_hand,
        sum(fed.quarantined) as quarantined,
        sum(fed.failed_checks) as failed_checks,
        max(fed.hours_behind) as hours_behind
    from fed
    cross join limits
    group by fed.schema_name, fed.table_name
),

rated as (
    select
        summed.*,
        cast({{ ratio('fresh_halves', '(2 * objects)') }} as decimal(9, 6)) as freshness,
        cast(coalesce({{ ratio('(records - least(quarantined, records)) * pulled', 'records * objects') }}, {{ ratio('pulled', 'objects') }}) as decimal(9, 6)) as coverage,
        -- a row that broke a rule is out of the way and lowers coverage by itself; what its rule says here is one of many
        cast(coalesce({{ ratio('rules - least(failed_checks, rules)', 'rules') }}, 1) as decimal(9, 6)) as checks,
        cast(coalesce({{ ratio('by_hand', 'records') }}, 0) as decimal(9, 6)) as hand_share
    from summed
),

scored as (
    select
        rated.*,
        cast(round(
            cast(round(freshness * coverage, 6) as decimal(9, 6))
            * cast(round(checks * (1 - cast(round(hand_share * cast(limits.hand_weight as decimal(9, 6)), 6) as decimal(9, 6))), 6) as decimal(9, 6)),
            6
        ) as decimal(9, 6)) as score
    from rated
    cross join limits
)

select
    schema_name,
    table_name,
    case
        when scored.score >= limits.grade_a then 'A' when scored.score >= limits.grade_b then 'B' when scored.score >= limits.grade_c then 'C' else 'D'
    end as grade,
    score,
    freshness,
    coverage,
    checks,
    hand_share,
    cast(objects as integer) as objects,
    cast(pulled as integer) as pulled_objects,
    cast(records as bigint) as records,
    cast(quarantined as bigint) as quarantined,
    cast(failed_checks as bigint) as failed_checks,
    hours_behind
from scored
cross join limits
