with newest_pulls as (
    select
        source,
        object,
        pulled_at,
        window_end,
        row_number() over (partition by source, object order by pulled_at desc, pull_id desc) as place
    from {{ ref('stg_ops__pulls') }}
),

-- A whole pull brings everything again, so what came before it is not counted twice.
since_whole as (
    select
        source,
        object,
        versions,
        case
            when pulled_at >= coalesce(max(case when kind = 'full' then pulled_at end) over (partition by source, object), pulled_at)
                then records
            else 0
        end as records
    from {{ ref('stg_ops__pulls') }}
),

totals as (
    select
        source,
        object,
        sum(records) as records,
        sum(versions) as versions
    from since_whole
    group by source, object
),

held as (
    select source, object, count(distinct key) as quarantined
    from {{ ref('stg_ops__quarantine') }}
    group by source, object
),

failed as (
    select source, object, count(*) as failed_checks
    from {{ ref('stg_ops__validations') }}
    where not is_passed
    group by source, object
),

limits as (
    select
        max(case when threshold_id = 'trust_a_hours' then value end) as a_hours,
        max(case when threshold_id = 'trust_b_hours' then value end) as b_hours,
        max(case when threshold_id = 'trust_b_quarantine' then value end) as b_quarantine
    from {{ ref('dim_thresholds') }}
),

measured as (
    select
        newest_pulls.source,
        newest_pulls.object,
        newest_pulls.pulled_at as last_pulled_at,
        cast(totals.records as bigint) as records,
        cast(totals.versions as bigint) as versions,
        cast(coalesce(held.quarantined, 0) as bigint) as quarantined,
        cast(coalesce(failed.failed_checks, 0) as bigint) as failed_checks,
        {{ elapsed('hour', 'coalesce(newest_pulls.window_end, newest_pulls.pulled_at)', 'clocks.known_at') }} as hours_behind
    from newest_pulls
    cross join {{ ref('clocks') }} as clocks
    inner join totals on newest_pulls.source = totals.source and newest_pulls.object = totals.object
    left join held on newest_pulls.source = held.source and newest_pulls.object = held.object
    left join failed on newest_pulls.source = failed.source and newest_pulls.object = failed.object
    where newest_pulls.place = 1
)

select
    measured.source,
    measured.object,
    measured.last_pulled_at,
    measured.records,
    measured.versions,
    measured.quarantined,
    measured.failed_checks,
    measured.hours_behind,
    case
        when measured.hours_behind <= limits.a_hours and measured.quarantined = 0 and measured.failed_checks = 0 then 'A'
        when measured.hours_behind <= limits.b_hours and measured.quarantined <= limits.b_quarantine * measured.versions then 'B'
        else 'C'
    end as grade
from measured
cross join limits
