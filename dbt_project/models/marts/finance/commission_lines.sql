-- The ledger, and beside it what tonight's recomputation of every month would still post: nothing is corrected in silence.
with ledger as (
    select * from {{ ref('fct_commission_entries') }}
),

closed as (
    select period
    from {{ ref('dim_commission_periods') }}
    where state in ('closed', 'paid')
),

first_open as (
    select {{ period_name('month', add_months("cast(max(period) || '-01' as date)", 1)) }} as period
    from closed
),

computed as (
    select
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        max(component_name) as component_name,
        month as origin_period,
        sum(amount) as amount
    from {{ ref('commission_earnings') }}
    group by payee_no, plan_id, plan_hash, component_id, month
),

-- Only what recomputation produces is compared; a manual entry or a prize is not in it.
posted as (
    select
        payee_no,
        plan_id,
        component_id,
        origin_period,
        max(plan_hash) as plan_hash,
        max(component_name) as component_name,
        sum(amount) as amount
    from ledger
    where entry_type in ('EARN', 'ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'CLAWBACK') and decision_id is null
    group by payee_no, plan_id, component_id, origin_period
),

computed_whole as (
    select
        payee_no,
        plan_id,
        component_id,
        origin_period,
        max(plan_hash) as plan_hash,
        max(component_name) as component_name,
        sum(amount) as amount
    from computed
    group by payee_no, plan_id, component_id, origin_period
),

never_posted as (
    select
        computed.payee_no,
        computed.plan_id,
        computed.plan_hash,
        computed.component_id,
        computed.component_name,
        computed.origin_period,
        computed.amount
    from computed
    left join posted
        on computed.payee_no = posted.payee_no
        and computed.plan_id = posted.plan_id
        and computed.component_id = posted.component_id
        and computed.origin_period = posted.origin_period
    where posted.payee_no is null
),

changed_since as (
    select
        posted.payee_no,
        posted.plan_id,
        coalesce(computed_whole.plan_hash, posted.plan_hash) as plan_hash,
        posted.component_id,
        coalesce(computed_whole.component_name, posted.component_name) as component_name,
        posted.origin_period,
        coalesce(computed_whole.amount, 0) - posted.amount as amount
    from posted
    left join computed_whole
        on posted.payee_no = computed_whole.payee_no
        and posted.plan_id = computed_whole.plan_id
        and posted.component_id = computed_whole.component_id
        and posted.origin_period = computed_whole.origin_period
),

differences as (
    select payee_no, plan_id, plan_hash, component_id, component_name, origin_period, amount from never_posted
    union all
    select payee_no, plan_id, plan_hash, component_id, component_name, origin_period, amount from changed_since
),

drafts as (
    select
        differences.*,
        case when closed.period is null then 'EARN' else coalesce(reasons.entry_type, 'ADJ_DATA') end as entry_type,
        case when closed.period is not null then coalesce(reasons.reason, '关账后重算') end as reason,
        case when closed.period is null then differences.origin_period else first_open.period end as posting_period
    from differences
    cross join first_open
    left join closed on differences.origin_period = closed.period
    left join {{ ref('int_commission_reasons') }} as reasons
        on differences.payee_no = reasons.payee_no
        and differences.plan_id = reasons.plan_id
        and differences.component_id = reasons.component_id
        and differences.origin_period = reasons.origin_period
    where differences.amount <> 0
),

-- Disputes that were upheld and adjustments that were approved, less what was posted of them: in the month they name, or the first open one.
decided_posted as (
    select decision_id, sum(amount) as amount
    from ledger
    where decision_id is not null
    group by decision_id
),

names as (
    select plan_id, component_id, max(plan_hash) as plan_hash, max(component_name) as component_name
    from computed
    group by plan_id, component_id
),

decided as (
    select
        decisions.kind,
        decisions.decision_id,
        decisions.entry_type,
        decisions.payee_no,
        decisions.plan_id,
        names.plan_hash,
        decisions.component_id,
        names.component_name,
        decisions.origin_period,
        greatest(
            coalesce(decisions.posting_period, {{ period_name('month', 'decisions.decided_on') }}),
            coalesce(first_open.period, decisions.origin_period)
        ) as posting_period,
        cast(decisions.amount - coalesce(decided_posted.amount, 0) as decimal(18, 2)) as amount,
        decisions.reason,
        decisions.evidence,
        decisions.signatures
    from {{ ref('int_commission_decisions') }} as decisions
    cross join first_open
    left join decided_posted on decisions.decision_id = decided_posted.decision_id
    left join names on decisions.plan_id = names.plan_id and decisions.component_id = names.component_id
    where decisions.amount <> coalesce(decided_posted.amount, 0)
        and (decisions.kind = 'adjustment' or decisions.decided_on is not null)
),

lines as (
    select
        entry_id,
        entry_type,
        'posted' as status,
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        component_name,
        origin_period,
        posting_period,
        amount,
        reason,
        reverses_id,
        data_as_of,
        approved_by,
        evidence,
        decision_id,
        prev_entry_hash,
        entry_hash
    from ledger
    union all
    select
        'draft-' || md5(payee_no || '|' || plan_id || '|' || plan_hash || '|' || component_id || '|' || origin_period) as entry_id,
        entry_type,
        'draft' as status,
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        component_name,
        origin_period,
        posting_period,
        cast(amount as decimal(18, 2)) as amount,
        reason,
        cast(null as {{ dbt.type_string() }}) as reverses_id,
        clocks.as_of as data_as_of,
        cast(null as {{ dbt.type_string() }}) as approved_by,
        cast(null as {{ dbt.type_string() }}) as evidence,
        cast(null as {{ dbt.type_string() }}) as decision_id,
        cast(null as {{ dbt.type_string() }}) as prev_entry_hash,
        cast(null as {{ dbt.type_string() }}) as entry_hash
    from drafts
    cross join {{ ref('clocks') }} as clocks
    union all
    select
        'draft-' || md5(kind || '|' || decision_id) as entry_id,
        entry_type,
        'draft' as status,
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        component_name,
        origin_period,
        posting_period,
        amount,
        reason,
        cast(null as {{ dbt.type_string() }}) as reverses_id,
        clocks.as_of as data_as_of,
        signatures as approved_by,
        evidence,
        decision_id,
        cast(null as {{ dbt.type_string() }}) as prev_entry_hash,
        cast(null as {{ dbt.type_string() }}) as entry_hash
    from decided
    cross join {{ ref('clocks') }} as clocks
)

select
    lines.entry_id,
    lines.entry_type,
    lines.status,
    lines.payee_no,
    employees.name as payee_name,
    employees.department_id,
    lines.plan_id,
    lines.plan_hash,
    lines.component_id,
    lines.component_name,
    lines.origin_period,
    lines.posting_period,
    lines.amount,
    lines.reason,
    lines.reverses_id,
    lines.data_as_of,
    lines.approved_by,
    lines.evidence,
    lines.decision_id,
    lines.prev_entry_hash,
    lines.entry_hash
from lines
left join {{ ref('dim_employees') }} as employees on lines.payee_no = employees.employee_no
