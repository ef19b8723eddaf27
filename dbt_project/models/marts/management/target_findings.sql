-- What a careful reader would ask about the targets: the tree that must add up, versions that must not change, and SMART.
with targets as (
    select targets.*, coalesce(targets.amount, targets.quantity) as figure, months.period
    from {{ ref('int_targets') }} as targets
    inner join {{ ref('int_period_months') }} as months
        on targets.period_type = months.period_type and targets.period_start = months.period_start and months.month = months.period_start
    where targets.origin = 'own'
),

sums as (
    select metric_id, source_status from {{ ref('metrics') }} where kind = 'sum' and timing = 'flow'
),

branches as (
    select
        parts.*,
        case parts.scope_type when 'rep' then 'department' when 'product' then 'product_line' else 'company' end as parent_type,
        case parts.scope_type when 'rep' then people.department_id when 'product' then products.product_line else 'company' end as parent_id
    from targets as parts
    left join {{ ref('dim_employee_history') }} as people
        on parts.scope_type = 'rep'
        and parts.scope_id = people.employee_no
        and people.effective_from <= parts.period_start
        and parts.period_start < people.effective_to
    left join {{ ref('dim_products') }} as products on parts.scope_type = 'product' and parts.scope_id = products.product_code
    -- whoever moves within a quarter bears a target in two departments, so people are compared by month
    where parts.scope_type <> 'company' and (parts.scope_type <> 'rep' or parts.period_type = 'month')
),

limits as (
    select max(case when threshold_id = 'target_tolerance' then value end) as tolerance from {{ ref('dim_thresholds') }}
),

uneven as (
    select
        parents.metric_id, parents.period_type, parents.period, parents.scope_type, parents.scope_id, parents.version,
        branches.scope_type as part_type,
        parents.figure,
        sum(branches.figure) as of_parts
    from targets as parents
    inner join sums on parents.metric_id = sums.metric_id
    inner join branches
        on parents.metric_id = branches.metric_id
        and parents.period_type = branches.period_type
        and parents.period_start = branches.period_start
        and parents.scope_type = branches.parent_type
        and parents.scope_id = branches.parent_id
    cross join limits
    group by
        parents.metric_id, parents.period_type, parents.period, parents.scope_type, parents.scope_id, parents.version,
        branches.scope_type, parents.figure, parents.stretch, limits.tolerance
    having sum(branches.figure) < parents.figure - limits.tolerance
        or sum(branches.figure) > parents.figure * (1 + coalesce(parents.stretch, 0)) + limits.tolerance
),

-- Whoever works beside people with a target and in the same role, and has none.
leaves as (
    select targets.metric_id, targets.period, targets.period_start, targets.scope_id as employee_no, people.department_id, people.role
    from targets
    inner join {{ ref('dim_employee_history') }} as people
        on targets.scope_id = people.employee_no
        and people.effective_from <= targets.period_start
        and targets.period_start < people.effective_to
    where targets.scope_type = 'rep' and targets.period_type = 'month'
),

without_leaf as (
    select teams.metric_id, teams.period, people.employee_no, teams.department_id
    from (select distinct metric_id, period, period_start, department_id, role from leaves) as teams
    inner join {{ ref('dim_employee_history') }} as people
        on teams.department_id = people.department_id
        and teams.role = people.role
        and people.effective_from <= teams.period_start
        and teams.period_start < people.effective_to
        and coalesce(people.hire_date, people.valid_from) <= teams.period_start
        and (people.leave_date is null or people.leave_date >= {{ add_months('teams.period_start', 1) }})
    left join leaves on teams.metric_id = leaves.metric_id and teams.period = leaves.period and people.employee_no = leaves.employee_no
    where leaves.employee_no is null
),

-- Stretches of days that somebody wrote himself, of one kind of period and with days in common.
stretches as (
    select
        written.*,
        case
            when {{ days_between('period_start', 'period_end') }} <= 31 then 'month'
            when {{ days_between('period_start', 'period_end') }} <= 93 then 'quarter'
            else 'year'
        end as period_type
    from {{ ref('int_written_targets') }} as written
    cross join {{ ref('clocks') }} as clocks
    where written.period_end is not null and {{ holds_on('written', 'clocks.as_of') }}
),

overlapping as (
    select one.metric_id, one.period_type, one.period_start, one.scope_type, one.scope_id, one.version, other.target_id
    from stretches as one
    inner join stretches as other
        on one.metric_id = other.metric_id
        and one.scope_type = other.scope_type
        and coalesce(one.scope_id, '') = coalesce(other.scope_id, '')
        and one.version = other.version
        and one.period_type = other.period_type
        and one.target_id < other.target_id
        and one.period_start < other.period_end
        and other.period_start < one.period_end
    where one.period_start <> other.period_start or one.period_end <> other.period_end
),

history as (
    select
        targets.metric_id, targets.period_type, targets.period, targets.scope_type, targets.scope_id, targets.version, targets.figure,
        cast(cast({{ quantile('kpi.value', 0.1) }} as decimal(38, 2)) as decimal(38, 6)) as low,
        cast(cast({{ quantile('kpi.value', 0.9) }} as decimal(38, 2)) as decimal(38, 6)) as high
    from targets
    inner join {{ ref('kpi') }} as kpi
        on kpi.period_type = 'quarter'
        and kpi.org_view = 'as_of_event'
        and targets.metric_id = kpi.metric_id
        and targets.scope_type = kpi.scope_type
        and targets.scope_id = kpi.scope_id
        and kpi.period_start < targets.period_start
        and {{ add_months('targets.period_start', -24) }} <= kpi.period_start
    where targets.period_type = 'quarter' and not targets.is_challenge and targets.scope_type in ('company', 'department')
    group by
        targets.metric_id, targets.period_type, targets.period, targets.scope_type, targets.scope_id, targets.version, targets.figure
    having count(*) >= 4
),

findings as (
    select
        'parts_equal_the_whole' as rule, 'warning' as severity, metric_id, period_type, period, scope_type, scope_id, version,
        cast(figure as decimal(38, 6)) as expected, cast(of_parts as decimal(38, 6)) as found, part_type as detail
    from uneven
    union all
    select
        'version_never_changes', 'critical', metric_id, cast(null as {{ dbt.type_string() }}), coalesce(period, cast(period_start as {{ dbt.type_string() }})),
        scope_type, coalesce(scope_id, 'company'), version, cast(smallest as decimal(38, 6)), cast(largest as decimal(38, 6)), target_id
    from {{ ref('int_written_targets') }} where amounts > 1
    union all
    select
        'target_has_an_owner', 'warning', metric_id, cast(null as {{ dbt.type_string() }}), coalesce(period, cast(period_start as {{ dbt.type_string() }})),
        scope_type, coalesce(scope_id, 'company'), version, cast(null as decimal(38, 6)), cast(null as decimal(38, 6)), target_id
    from {{ ref('int_written_targets') }} where agreed_by is null
    union all
    select
        'metric_can_be_measured', 'warning', targets.metric_id, targets.period_type, targets.period, targets.scope_type, targets.scope_id, targets.version,
        cast(targets.figure as decimal(38, 6)), cast(null as decimal(38, 6)),
        case when metrics.source_status = 'missing' then metrics.company_files else 'not by ' || targets.scope_type end
    from targets
    inner join {{ ref('metrics') }} as metrics
        on targets.metric_id = metrics.metric_id
        and (metrics.source_status = 'missing' or metrics.grains not like '%|' || targets.scope_type || '|%')
    union all
    select
        'parent_has_a_target', 'warning', branches.metric_id, branches.period_type, branches.period, branches.scope_type, branches.scope_id,
        branches.version, cast(null as decimal(38, 6)), cast(branches.figure as decimal(38, 6)), branches.parent_type || ' ' || coalesce(branches.parent_id, '')
    from branches
    inner join sums on branches.metric_id = sums.metric_id
    left join {{ ref('int_targets') }} as parents
        on branches.metric_id = parents.metric_id
        and branches.period_type = parents.period_type
        and branches.period_start = parents.period_start
        and branches.parent_type = parents.scope_type
        and branches.parent_id = parents.scope_id
    where parents.metric_id is null
    union all
    select
        'every_rep_has_a_target', 'warning', metric_id, 'month', period, 'rep', employee_no, cast(null as integer),
        cast(null as decimal(38, 6)), cast(null as decimal(38, 6)), department_id
    from without_leaf
    union all
    select
        'targets_do_not_overlap', 'warning', metric_id, period_type, cast(period_start as {{ dbt.type_string() }}), scope_type,
        coalesce(scope_id, 'company'), version, cast(null as decimal(38, 6)), cast(null as decimal(38, 6)), target_id
    from overlapping
    union all
    select
        'scope_is_known', 'warning', targets.metric_id, targets.period_type, targets.period, targets.scope_type, targets.scope_id,
        targets.version, cast(null as decimal(38, 6)), cast(targets.figure as decimal(38, 6)), 'no such account'
    from targets
    left join {{ ref('dim_customers') }} as customers on targets.scope_id = customers.customer_key
    where targets.scope_type = 'customer' and customers.customer_key is null
    union all
    select
        'attainable_or_declared_a_challenge', 'warning', metric_id, period_type, period, scope_type, scope_id, version,
        case when figure > high then high else low end, cast(figure as decimal(38, 6)), case when figure > high then 'above p90' else 'below p10' end
    from history where figure > high or figure < low
)

select
    md5(rule || '|' || metric_id || '|' || coalesce(period_type, '') || '|' || period || '|' || scope_type || '|' || scope_id || '|'
        || coalesce(cast(version as {{ dbt.type_string() }}), '') || '|' || coalesce(detail, '')) as finding_key,
    rule,
    severity,
    metric_id,
    period_type,
    period,
    scope_type,
    scope_id,
    cast(version as integer) as version,
    expected,
    found,
    detail
from findings
