{{ config(schema='intermediate', contract={'enforced': false}) }}
{%- set payee = ['payee_no', 'plan_id'] -%}
{%- set slot = ['payee_no', 'plan_id', 'component_id'] -%}
{%- set slot_month = ['payee_no', 'plan_id', 'component_id', 'month'] -%}
{%- set gates = 5 -%}
{%- set never = "cast('9999-12-31' as date)" -%}
{%- set money = 'decimal(18, 2)' -%}
{%- set nothing = 'cast(0 as decimal(18, 2))' -%}
{%- set capped_by = "case when cap_per = 'event' then '单笔封顶' else '封顶 ' || " ~ plain_number('cap_amount') ~ " end" -%}
-- Steps 10 and 11 of C1, month by month: caps and floors, gates, holds, holdbacks, instalments. A balance that carries is the running
-- sum of what it got, less the least that sum has been; a balance that is let go whole is summed up to the month that lets it go.
with clocks as (
    select fiscal_year_start_month as year_start
    from {{ ref('clocks') }}
),

events as {{ folded() }} (
    select * from {{ ref('commission_earning_events') }}
),

components as (
    select * from {{ ref('int_plan_components') }}
),

rules as (
    select * from {{ ref('int_plan_rules') }}
),

versions as (
    select * from rules where kind = 'plan'
),

payee_months as (
    select * from {{ ref('int_commission_months') }}
),

-- A component that the version does not have any more keeps the clauses of the newest that had it.
clauses as (
    select ranked.*
    from (
        select
            versions.plan_version as acting_version,
            components.*,
            versions.plan_version = components.plan_version as is_in_version,
            row_number() over (
                partition by versions.plan_id, versions.plan_version, components.component_id
                order by case when versions.plan_version = components.plan_version then 0 else 1 end, components.plan_version desc
            ) as place
        from versions
        inner join components on versions.plan_id = components.plan_id
    ) as ranked
    where ranked.place = 1
),

earned as (
    select payee_no, plan_id, component_id, month, sum(amount) as earned
    from {{ ref('commission_earnings') }}
    group by payee_no, plan_id, component_id, month
),

slots as (
    select distinct payee_no, plan_id, component_id from earned
    union
    select distinct spans.payee_no, spans.plan_id, components.component_id
    from payee_months as spans
    inner join components on spans.plan_id = components.plan_id
    where components.floor_amount is not null
),

over_cap as (
    select
        events.payee_no, events.plan_id, events.component_id, events.month,
        sum(greatest(events.amount - clauses.cap_amount, {{ nothing }})) as over
    from events
    inner join (
        select distinct
            payee_months.payee_no, payee_months.plan_id, payee_months.month,
            clauses.component_id, clauses.cap_amount
        from payee_months
        inner join clauses on payee_months.plan_id = clauses.plan_id and payee_months.plan_version = clauses.acting_version
        where clauses.cap_per = 'event'
    ) as clauses on {{ same_keys('events', 'clauses', slot_month) }}
    group by events.payee_no, events.plan_id, events.component_id, events.month
),

floored as (
    select
        slots.payee_no,
        slots.plan_id,
        slots.component_id,
        payee_months.month,
        payee_months.month_first,
        payee_months.month_last,
        payee_months.plan_version,
        payee_months.left_month,
        clauses.cap_amount,
        clauses.cap_excess,
        clauses.cap_per,
        clauses.holdback_share,
        clauses.holdback_release,
        clauses.instalments,
        clauses.instalments_on_leave,
        coalesce(earned.earned, 0) as earned,
        case
            when clauses.floor_amount is not null and payee_months.is_under_plan
                and (clauses.is_in_version or earned.month is not null)
                then greatest(clauses.floor_amount, coalesce(earned.earned, 0))
            else coalesce(earned.earned, 0)
        end as floored,
        coalesce(over_cap.over, 0) as over
    from slots
    inner join payee_months on {{ same_keys('slots', 'payee_months', payee) }}
    inner join clauses
        on slots.plan_id = clauses.plan_id
        and payee_months.plan_version = clauses.acting_version
        and slots.component_id = clauses.component_id
    left join earned on {{ same_keys('slots', 'earned', slot) }} and payee_months.month = earned.month
    left join over_cap on {{ same_keys('slots', 'over_cap', slot) }} and payee_months.month = over_cap.month
),
{{ capped('capped', 'floored', 'floored') }}

-- The plan's own floor and cap over all components, shared over them in proportion.
plans_with_totals as (
    select distinct plan_id
    from versions
    where cap_amount is not null or floor_amount is not null
),

totals as (
    select
        payee_months.payee_no,
        payee_months.plan_id,
        '' as component_id,
        payee_months.month,
        payee_months.month_first,
        payee_months.month_last,
        payee_months.plan_version,
        versions.cap_amount,
        versions.cap_excess,
        case when versions.cap_per <> 'event' then versions.cap_per end as cap_per,
        {{ nothing }} as over,
        coalesce(sums.total, 0) as total,
        case
            when versions.floor_amount is not null and payee_months.is_under_plan
                then greatest(versions.floor_amount, coalesce(sums.total, 0))
            else coalesce(sums.total, 0)
        end as floored
    from payee_months
    inner join plans_with_totals on payee_months.plan_id = plans_with_totals.plan_id
    inner join versions on payee_months.plan_id = versions.plan_id and payee_months.plan_version = versions.plan_version
    left join (
        select payee_no, plan_id, month, sum(payable) as total
        from capped
        group by payee_no, plan_id, month
    ) as sums on {{ same_keys('payee_months', 'sums', ['payee_no', 'plan_id', 'month']) }}
),
{{ capped('total_capped', 'totals', 'floored') }}

totals_kept as (
    select
        total_capped.*,
        coalesce(sum(payable - floored) over (
            partition by payee_no, plan_id order by month rows between unbounded preceding and 1 preceding
        ), 0) <> 0 as is_kept,
        max(case when floored <> total or cap_per is not null then 1 else 0 end) over (partition by payee_no, plan_id) as has_total_rule
    from total_capped
),

parts as (
    select
        together.*,
        sum(amount) over ({{ so_far(['payee_no', 'plan_id', 'month'], 'place, component_id') }}) as running
    from (
        select
            capped.payee_no, capped.plan_id, capped.component_id, capped.month, capped.month_first, capped.month_last, capped.plan_version,
            capped.left_month, capped.holdback_share, capped.holdback_release, capped.instalments, capped.instalments_on_leave,
            capped.payable as amount,
            2 as place
        from capped
        inner join plans_with_totals on capped.plan_id = plans_with_totals.plan_id
        union all
        select
            payee_no, plan_id, component_id, month, month_first, month_last, plan_version,
            cast(null as {{ dbt.type_string() }}) as left_month, cast(null as {{ share_type() }}) as holdback_share,
            cast(null as {{ dbt.type_string() }}) as holdback_release, cast(null as integer) as instalments,
            cast(null as {{ dbt.type_string() }}) as instalments_on_leave,
            cast(floored - total as {{ money }}) as amount,
            case when is_kept then 1 else 3 end as place
        from totals_kept
        where has_total_rule = 1
    ) as together
),

shared as (
    select
        parts.*,
        case when totals_kept.cap_per is null then parts.amount else {{ cents(portion('totals_kept.payable', 'parts.running', 'totals_kept.floored')) }} end as to_date,
        totals_kept.cap_per is not null as is_total_capped,
        totals_kept.floored as total_floored,
        totals_kept.payable as total_payable
    from parts
    inner join totals_kept on {{ same_keys('parts', 'totals_kept', ['payee_no', 'plan_id', 'month']) }}
),

gated_0 as (
    select
        {{ slot_month | join(', ') }}, month_first, month_last, plan_version, left_month, holdback_share, holdback_release, instalments, instalments_on_leave,
        cast(case
            when not is_total_capped then amount
            when total_floored = 0 then amount + case when component_id = '' then total_payable else {{ nothing }} end
            else to_date - coalesce(lag(to_date) over (partition by payee_no, plan_id, month order by place, component_id), 0)
        end as {{ money }}) as amount
    from shared
    union all
    select
        {{ slot_month | join(', ') }}, month_first, month_last, plan_version, left_month, holdback_share, holdback_release, instalments, instalments_on_leave,
        payable as amount
    from capped
    where not exists (select 1 from plans_with_totals where plans_with_totals.plan_id = capped.plan_id)
),

-- Which gates are shut for whom: open only by a way whose every comparison is known and true, or by a waiver.
literals as (
    select
        payee_months.payee_no,
        payee_months.month,
        rules.plan_id,
        rules.plan_version,
        rules.component_id as gate_id,
        rules.kind,
        rules.term_no,
        rules.literals,
        rules.sign,
        coalesce(rules.left_value, lefts.value) as left_value,
        coalesce(rules.right_value, rights.value) as right_value
    from payee_months
    inner join rules on payee_months.plan_id = rules.plan_id and payee_months.plan_version = rules.plan_version
    left join {{ ref('commission_figures') }} as lefts
        on payee_months.payee_no = lefts.payee_no and payee_months.month = lefts.period and rules.left_name = lefts.name
    left join {{ ref('commission_figures') }} as rights
        on payee_months.payee_no = rights.payee_no and payee_months.month = rights.period and rules.right_name = rights.name
    where rules.kind in ('gate_open', 'gate_release')
),

ways as (
    select payee_no, month, plan_id, plan_version, gate_id, kind, term_no
    from literals
    where {{ compared('left_value', 'sign', 'right_value') }}
    group by payee_no, month, plan_id, plan_version, gate_id, kind, term_no, literals
    having count(*) = literals
),

gate_places as (
    select plan_id, component_id as gate_id, row_number() over (partition by plan_id order by min(term_no), component_id) as gate_no
    from rules
    where kind = 'gate'
    group by plan_id, component_id
),

-- Waivers by whom the plan says, by number or by the role of the month's last day.
waived as (
    select distinct payee_months.payee_no, payee_months.plan_id, payee_months.month, waivers.gate_id
    from payee_months
    inner join {{ ref('commission_waivers') }} as waivers
        on payee_months.payee_no = waivers.payee_no and payee_months.month = waivers.month
    inner join rules
        on payee_months.plan_id = rules.plan_id
        and payee_months.plan_version = rules.plan_version
        and rules.kind = 'gate'
        and waivers.gate_id = rules.component_id
    left join {{ ref('commission_people') }} as approvers
        on waivers.approved_by = approvers.payee_no
        and approvers.valid_from <= payee_months.month_last
        and coalesce(approvers.valid_to, payee_months.month_last) >= payee_months.month_last
    where rules.waived_by is null or rules.waived_by = waivers.approved_by or rules.waived_by = approvers.role
),

gate_states as (
    select
        payee_months.payee_no,
        payee_months.plan_id,
        payee_months.month,
        gate_places.gate_no,
        rules.component_id as gate_id,
        rules.then_what,
        rules.x,
        rules.components,
        rules.reason,
        waived.gate_id is null and opened.gate_id is null as is_shut,
        not rules.has_release or released.gate_id is not null as may_release
    from payee_months
    inner join rules
        on payee_months.plan_id = rules.plan_id and payee_months.plan_version = rules.plan_version and rules.kind = 'gate'
    inner join gate_places on rules.plan_id = gate_places.plan_id and rules.component_id = gate_places.gate_id
    left join waived
        on {{ same_keys('payee_months', 'waived', ['payee_no', 'plan_id', 'month']) }} and rules.component_id = waived.gate_id
    left join (select distinct payee_no, plan_id, month, gate_id from ways where kind = 'gate_open') as opened
        on {{ same_keys('payee_months', 'opened', ['payee_no', 'plan_id', 'month']) }} and rules.component_id = opened.gate_id
    left join (select distinct payee_no, plan_id, month, gate_id from ways where kind = 'gate_release') as released
        on {{ same_keys('payee_months', 'released', ['payee_no', 'plan_id', 'month']) }} and rules.component_id = released.gate_id
),
{% for gate in range(1, gates + 1) %}
gate_{{ gate }} as (
    select
        marked.*,
        case when is_letting_go then sum(hold_amount) over (partition by {{ slot | join(', ') }}, releases_before) else {{ nothing }} end as let_go
    from (
        select
            coming.*,
            states.gate_id,
            states.reason as gate_reason,
            states.then_what as gate_then,
            coalesce(states.is_shut and coming.amount > 0, false) as is_kept,
            coalesce(not states.is_shut and states.may_release, false) as is_letting_go,
            case
                when states.is_shut and coming.amount > 0 and states.then_what = 'hold' then coming.amount
                else {{ nothing }}
            end as hold_amount,
            case when states.then_what = 'reduce' then {{ cents('coming.amount * states.x') }} else {{ nothing }} end as kept_amount,
            coalesce(sum(case when not states.is_shut and states.may_release then 1 else 0 end) over (
                partition by {{ 'coming.' ~ slot | join(', coming.') }} order by coming.month rows between unbounded preceding and 1 preceding
            ), 0) as releases_before
        from gated_{{ gate - 1 }} as coming
        left join gate_states as states
            on {{ same_keys('coming', 'states', ['payee_no', 'plan_id', 'month']) }}
            and states.gate_no = {{ gate }}
            and (states.components is null or instr(states.components, '|' || coming.component_id || '|') > 0)
        where exists (select 1 from gate_places where gate_places.plan_id = coming.plan_id and gate_places.gate_no = {{ gate }})
    ) as marked
),

gated_{{ gate }} as (
    select
        {{ slot_month | join(', ') }}, month_first, month_last, plan_version, left_month, holdback_share, holdback_release, instalments, instalments_on_leave,
        cast(case when is_kept then kept_amount else amount + let_go end as {{ money }}) as amount
    from gate_{{ gate }}
    union all
    select coming.*
    from gated_{{ gate - 1 }} as coming
    where not exists (select 1 from gate_places where gate_places.plan_id = coming.plan_id and gate_places.gate_no = {{ gate }})
),
{% endfor %}
gated as (
    select * from gated_{{ gates }}
),

-- What is left of a month, over the transactions that earned it; only where one is on hold or a share is held back.
transactions as (
    select
        events.payee_no, events.plan_id, events.component_id, events.month, events.order_key,
        sum(events.amount) as weight,
        row_number() over (
            partition by events.payee_no, events.plan_id, events.component_id, events.month
            order by min(events.event_no)
        ) as place
    from (
        select
            all_events.*,
            row_number() over (
                partition by {{ 'all_events.' ~ slot_month | join(', all_events.') }}
                order by all_events.plan_version, all_events.window_period, all_events.item_no
            ) as event_no
        from events as all_events
        inner join (
            select distinct {{ 'other.' ~ slot_month | join(', other.') }}
            from events as other
            inner join {{ ref('commission_order_holds') }} as holds on other.order_key = holds.transaction_id
            union
            select distinct {{ 'earned.' ~ slot_month | join(', earned.') }}
            from earned
            inner join components on earned.plan_id = components.plan_id
            where components.holdback_share is not null
        ) as looked_at on {{ same_keys('all_events', 'looked_at', slot_month) }}
    ) as events
    group by events.payee_no, events.plan_id, events.component_id, events.month, events.order_key
),

weighed as (
    select
        transactions.*,
        sum(weight) over ({{ so_far(slot_month, 'place') }}) as running,
        sum(weight) over (partition by {{ slot_month | join(', ') }}) as whole
    from transactions
),

order_holds as (
    select transaction_id, reason, held_from, coalesce(released_on, {{ never }}) as released_on
    from {{ ref('commission_order_holds') }}
),

on_hold as (
    select held.*
    from (
        select
            parted.*,
            order_holds.reason as hold_reason,
            row_number() over (
                partition by {{ 'parted.' ~ slot_month | join(', parted.') }}, parted.order_key order by order_holds.held_from, order_holds.reason
            ) as hold_place
        from (
            {{ by_transaction('gated', 'amount') }}
        ) as parted
        inner join order_holds
            on parted.order_key = order_holds.transaction_id
            and order_holds.held_from <= parted.month_last
            and order_holds.released_on > parted.month_last
        where parted.part <> 0
    ) as held
    where held.hold_place = 1
),

freed as (
    select payee_no, plan_id, component_id, order_key, free_month as month, sum(part) as freed
    from (
        select
            {{ 'on_hold.' ~ slot | join(', on_hold.') }}, on_hold.order_key, on_hold.month as held_month, on_hold.part,
            min(payee_months.month) as free_month
        from on_hold
        inner join payee_months on {{ same_keys('on_hold', 'payee_months', payee) }} and on_hold.month < payee_months.month
        where not exists (
            select 1
            from order_holds
            where order_holds.transaction_id = on_hold.order_key
                and order_holds.held_from <= payee_months.month_last
                and order_holds.released_on > payee_months.month_last
        )
        group by {{ 'on_hold.' ~ slot | join(', on_hold.') }}, on_hold.order_key, on_hold.month, on_hold.part
    ) as frees
    group by payee_no, plan_id, component_id, order_key, free_month
),

after_holds as (
    select
        gated.*,
        cast(gated.amount - coalesce(holds.part, 0) + coalesce(frees.freed, 0) as {{ money }}) as unheld
    from gated
    left join (select {{ slot_month | join(', ') }}, sum(part) as part from on_hold group by {{ slot_month | join(', ') }}) as holds
        on {{ same_keys('gated', 'holds', slot_month) }}
    left join (select {{ slot_month | join(', ') }}, sum(freed) as freed from freed group by {{ slot_month | join(', ') }}) as frees
        on {{ same_keys('gated', 'frees', slot_month) }}
),

-- A share of all that a transaction paid so far is kept until its milestone; looked at when it paid, when it was reached, when the version turned.
paid_of as (
    select {{ slot | join(', ') }}, order_key, month, part
    from (
        {{ by_transaction('after_holds', 'unheld') }}
    ) as parted
    where holdback_share is not null and part is not null
),

looked_at as (
    select {{ slot | join(', ') }}, order_key, month from paid_of
    union
    select {{ 'paid_of.' ~ slot | join(', paid_of.') }}, paid_of.order_key, after_holds.month
    from paid_of
    inner join {{ ref('commission_milestones') }} as milestones on paid_of.order_key = milestones.transaction_id
    inner join after_holds
        on {{ same_keys('paid_of', 'after_holds', slot) }}
        and paid_of.month < after_holds.month
        and {{ period_name('month', 'milestones.reached_on') }} = after_holds.month
    union
    select {{ 'paid_of.' ~ slot | join(', paid_of.') }}, paid_of.order_key, turned.month
    from paid_of
    inner join (
        select
            {{ slot_month | join(', ') }}, plan_version,
            lag(plan_version) over (partition by {{ slot | join(', ') }} order by month) as version_before
        from after_holds
    ) as turned
        on {{ same_keys('paid_of', 'turned', slot) }} and paid_of.month < turned.month and turned.plan_version <> turned.version_before
),

holdbacks as (
    select
        wanted.*,
        cast(coalesce(lag(wanted) over (partition by {{ slot | join(', ') }}, order_key order by month), 0) - wanted as {{ money }}) as change
    from (
        select
            {{ 'looked_at.' ~ slot_month | join(', looked_at.') }}, looked_at.order_key,
            after_holds.plan_version,
            after_holds.holdback_release,
            reached.transaction_id is not null as is_reached,
            case when reached.transaction_id is not null then {{ nothing }} else {{ cents('after_holds.holdback_share * cast(sum(coalesce(paid_of.part, 0)) over (
                partition by ' ~ 'looked_at.' ~ slot | join(', looked_at.') ~ ', looked_at.order_key order by looked_at.month
                rows between unbounded preceding and current row) as decimal(18, 2))') }} end as wanted
        from looked_at
        inner join after_holds on {{ same_keys('looked_at', 'after_holds', slot_month) }}
        left join paid_of on {{ same_keys('looked_at', 'paid_of', slot_month) }} and looked_at.order_key = paid_of.order_key
        left join (
            select transaction_id, name, min(reached_on) as reached_on
            from {{ ref('commission_milestones') }}
            group by transaction_id, name
        ) as reached
            on looked_at.order_key = reached.transaction_id
            and after_holds.holdback_release = reached.name
            and reached.reached_on <= after_holds.month_last
        where after_holds.holdback_share is not null
    ) as wanted
),

after_holdbacks as (
    select
        after_holds.*,
        cast(after_holds.unheld + coalesce(kept.change, 0) as {{ money }}) as released
    from after_holds
    left join (select {{ slot_month | join(', ') }}, sum(change) as change from holdbacks group by {{ slot_month | join(', ') }}) as kept
        on {{ same_keys('after_holds', 'kept', slot_month) }}
),

-- Equal parts month by month, the odd cents first; whoever leaves gets the rest or loses it.
scheduled as (
    select
        {{ slot | join(', ') }}, plan_version, month, left_month, released, part_no, instalments,
        {{ period_name('month', add_months('month_first', 'part_no')) }} as due_month,
        cast({{ from_units(
            whole_quotient('(released_cents - released_cents % instalments)', 'instalments')
            ~ ' + case when part_no < released_cents % instalments then 1 else 0 end', 2
        ) }} as {{ money }}) as part
    from (
        select after_holdbacks.*, {{ units('released', 2) }} as released_cents, numbers.part_no
        from after_holdbacks
        cross join ({% for number in range(36) %}select {{ number }} as part_no{{ ' union all ' if not loop.last }}{% endfor %}) as numbers
        where after_holdbacks.released > 0
            and numbers.part_no < after_holdbacks.instalments
            and (after_holdbacks.left_month is null or after_holdbacks.month < after_holdbacks.left_month)
    ) as numbered
),

fallen_due as (
    select
        after_holdbacks.payee_no, after_holdbacks.plan_id, after_holdbacks.component_id, after_holdbacks.month, after_holdbacks.plan_version,
        after_holdbacks.month = after_holdbacks.left_month as is_leaving,
        after_holdbacks.month = after_holdbacks.left_month and after_holdbacks.instalments_on_leave = 'forfeit' as is_lost,
        sum(scheduled.part) as part
    from scheduled
    inner join after_holdbacks
        on {{ same_keys('scheduled', 'after_holdbacks', slot) }}
        and after_holdbacks.instalments is not null
        and case
            when after_holdbacks.month = after_holdbacks.left_month then after_holdbacks.month <= scheduled.due_month
            else after_holdbacks.month = scheduled.due_month
                and (after_holdbacks.left_month is null or after_holdbacks.month < after_holdbacks.left_month)
        end
    where scheduled.part_no > 0
    group by
        after_holdbacks.payee_no, after_holdbacks.plan_id, after_holdbacks.component_id, after_holdbacks.month, after_holdbacks.plan_version,
        after_holdbacks.month = after_holdbacks.left_month,
        after_holdbacks.month = after_holdbacks.left_month and after_holdbacks.instalments_on_leave = 'forfeit'
),

lines as (
    select
        payee_no, plan_id, plan_version, component_id,
        case when month = origin_month then 'EARN' else 'CLAWBACK' end as entry_type,
        origin_month as origin_period, month as posting_period,
        sum(amount) as amount,
        case when month = origin_month then cast(null as {{ dbt.type_string() }}) else '退款冲回' end as reason
    from events
    group by payee_no, plan_id, plan_version, component_id, month, origin_month
    union all
    {{ guard_line("'EARN'", 'floored - earned', "'保底补足'", 'floored', 'floored <> earned') }}
    union all
    {{ guard_line("case when cap_moved > 0 then 'CAP_RELEASE' else 'CAP_WITHHELD' end", 'cap_moved', capped_by, 'capped', 'cap_moved <> 0') }}
    union all
    {{ guard_line("'WRITE_OFF'", 'written_off', capped_by ~ " || '，超出部分不再支付'", 'capped', 'written_off <> 0') }}
    union all
    {{ guard_line("'EARN'", 'floored - total', "'总额保底补足'", 'total_capped', 'floored <> total') }}
    union all
    {{ guard_line("case when cap_moved > 0 then 'CAP_RELEASE' else 'CAP_WITHHELD' end", 'cap_moved', capped_by, 'total_capped', 'cap_moved <> 0') }}
    union all
    {{ guard_line("'WRITE_OFF'", 'written_off', capped_by ~ " || '，超出部分不再支付'", 'total_capped', 'written_off <> 0') }}
    {%- for gate in range(1, gates + 1) %}
    union all
    {{ guard_line("'HOLD_RELEASE'", 'let_go', "gate_id || ' 已达标，释放'", 'gate_' ~ gate, 'let_go <> 0') }}
    union all
    {{ guard_line("case when gate_then = 'hold' then 'HOLD' else 'WRITE_OFF' end", 'kept_amount - amount',
        "gate_id || ':' || gate_reason || case when gate_then = 'hold' then '' else '，不再支付' end", 'gate_' ~ gate, 'is_kept and kept_amount <> amount') }}
    {%- endfor %}
    union all
    {{ guard_line("'HOLD'", '-part', "'订单 ' || order_key || ' 暂停：' || hold_reason", 'on_hold', 'part <> 0') }}
    union all
    select
        freed.payee_no, freed.plan_id, payee_months.plan_version, freed.component_id, 'HOLD_RELEASE' as entry_type,
        freed.month as origin_period, freed.month as posting_period, freed.freed as amount, '订单 ' || freed.order_key || ' 解除暂停' as reason
    from freed
    inner join payee_months on {{ same_keys('freed', 'payee_months', payee) }} and freed.month = payee_months.month
    where freed.freed <> 0
    union all
    {{ guard_line("case when is_reached then 'HOLDBACK_RELEASE' else 'HOLDBACK' end", 'change',
        "order_key || ' ' || holdback_release || case when is_reached then ' 已达成' else ' 待达成' end", 'holdbacks', 'change <> 0') }}
    union all
    {{ guard_line("'HOLDBACK'", 'part - released', "'分 ' || cast(instalments as " ~ dbt.type_string() ~ ") || ' 期支付'", 'scheduled', 'part_no = 0 and part <> released') }}
    union all
    {{ guard_line("'HOLDBACK_RELEASE'", 'part', "case when is_lost then '离职：未到期分期不再支付' when is_leaving then '离职：未付分期一次付清' else '分期到期' end",
        'fallen_due', 'part <> 0') }}
    union all
    {{ guard_line("'WRITE_OFF'", '-part', "'离职：未到期分期不再支付'", 'fallen_due', 'is_lost and part <> 0') }}
)

select
    md5(
        lines.payee_no || '|' || lines.plan_id || '|' || cast(lines.plan_version as {{ dbt.type_string() }}) || '|' || lines.component_id
        || '|' || lines.entry_type || '|' || lines.origin_period || '|' || lines.posting_period || '|' || cast(row_number() over (
            partition by lines.payee_no, lines.plan_id, lines.plan_version, lines.component_id, lines.entry_type, lines.origin_period,
                lines.posting_period
            order by lines.reason nulls last, lines.amount
        ) as {{ dbt.type_string() }})
    ) as line_key,
    lines.payee_no,
    lines.plan_id,
    lines.plan_version,
    versions.plan_hash,
    case when lines.component_id <> '' then lines.component_id end as component_id,
    clauses.component_name,
    lines.entry_type,
    lines.origin_period,
    lines.posting_period,
    cast(lines.amount as {{ money }}) as amount,
    lines.reason
from lines
inner join versions on lines.plan_id = versions.plan_id and lines.plan_version = versions.plan_version
left join clauses
    on lines.plan_id = clauses.plan_id
    and lines.plan_version = clauses.acting_version
    and lines.component_id = clauses.component_id
where lines.amount <> 0
