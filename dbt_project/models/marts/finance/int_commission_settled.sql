{{ config(schema='intermediate', contract={'enforced': false}) }}
{%- set payee = ['payee_no', 'plan_id'] -%}
{%- set by_payee = 'partition by payee_no, plan_id order by month' -%}
{%- set so_far = by_payee ~ ' rows between unbounded preceding and current row' -%}
{%- set by_plan = 'partition by payee_no, month order by plan_id rows between unbounded preceding and current row' -%}
{%- set slot = "payee_no || '|' || coalesce(plan_id, '') || '|' || coalesce(component_id, '')" -%}
{%- set settling = "('DRAW', 'DRAW_RECOVERY', 'CLAWBACK_RECOVERY')" -%}
{%- set by_hand = "('MANUAL', 'ADJ_DISPUTE', 'FX_DIFF', 'ROUNDING')" -%}
{%- set forgiven = '离职：预支余额核销' -%}
{%- set kept_as = "case when entry_type in ('CAP_WITHHELD', 'CAP_RELEASE') then 'cap' when entry_type in ('HOLD', 'HOLD_RELEASE') then 'hold'
        when entry_type in ('HOLDBACK', 'HOLDBACK_RELEASE') then 'holdback' when entry_type = 'WRITE_OFF' then 'lost' else '' end" -%}
{%- set takes = "entry_type in ('CAP_RELEASE', 'HOLD_RELEASE', 'HOLDBACK_RELEASE', 'CLAWBACK_RECOVERY')" -%}
{%- set debts = "('CLAWBACK', 'ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'ADJ_DISPUTE')" -%}
{%- set money = 'decimal(18, 2)' -%}
-- What the next closes would post: open months' own lines, closed months' differences into the first open one, and step 13 of C1,
-- draws and debts month by month. A balance is the running sum of what it got, less the least that sum has been below nothing.
with clocks as (
    select as_of, {{ period_name('month', 'as_of') }} as through
    from {{ ref('clocks') }}
),

ledger as (
    select * from {{ ref('fct_commission_entries') }}
),

closed as (
    select period, cast(closed_at as date) as closed_on
    from {{ ref('dim_commission_periods') }}
    where state in ('closed', 'paid')
),

-- Nothing closed yet: every month is open.
first_open as (
    select coalesce({{ period_name('month', add_months("cast(max(period) || '-01' as date)", 1)) }}, '0000-00') as period
    from closed
),

own as (
    select
        lines.*,
        {{ slot }} as slot,
        row_number() over (
            partition by payee_no, plan_id, component_id, entry_type, origin_period, posting_period
            order by plan_version, coalesce(reason, ''), amount
        ) as place
    from (
        select
            payee_no, plan_id, plan_version, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, amount, reason,
            cast(null as {{ dbt.type_string() }}) as evidence
        from {{ ref('int_commission_guards') }}
        union all
        select
            payee_no, plan_id, plan_version, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, amount, reason,
            evidence
        from {{ ref('int_commission_awards') }}
    ) as lines
),

posted as (
    select {{ slot }} as slot, entry_type, origin_period, posting_period, sum(amount) as amount
    from ledger
    where entry_type not in {{ settling }} and entry_type not in {{ by_hand }} and decision_id is null and coalesce(reason, '') <> '{{ forgiven }}'
    group by {{ slot }}, entry_type, origin_period, posting_period
),

-- Open months, less what was posted of them before.
own_left as (
    select own.*, own.amount - coalesce(case when own.place = 1 then posted.amount end, 0) as left_amount
    from own
    cross join first_open
    left join posted
        on own.slot = posted.slot
        and own.entry_type = posted.entry_type
        and own.origin_period = posted.origin_period
        and own.posting_period = posted.posting_period
    where own.posting_period >= first_open.period
),

-- What should stand of a closed month, less what stands, less what the first open month posts of itself: what is earned and each way of
-- keeping it apart, so that balances follow.
differences as (
    select slot, {{ kept_as }} as kept_as, origin_period, sum(amount) as amount
    from (
        select own.slot, own.entry_type, own.origin_period, own.amount
        from own
        cross join first_open
        where own.posting_period <= first_open.period
        union all
        select slot, entry_type, origin_period, -amount as amount from posted
        union all
        select own_left.slot, own_left.entry_type, own_left.origin_period, -own_left.left_amount as amount
        from own_left
        cross join first_open
        where own_left.posting_period = first_open.period
    ) as movements
    where origin_period in (select period from closed)
    group by slot, {{ kept_as }}, origin_period
    having sum(amount) <> 0
),

newest as (
    select slot, origin_period, max(plan_hash) as plan_hash, max(component_name) as component_name,
        max(payee_no) as payee_no, max(plan_id) as plan_id, max(component_id) as component_id, max(entry_id) as entry_id
    from (
        select
            told.*,
            row_number() over (
                partition by slot, origin_period, is_posted order by posted_at desc, recency desc, plan_version desc
            ) as place
        from (
            select
                own.slot, own.origin_period, own.payee_no, own.plan_id, own.component_id, own.component_name, own.plan_hash, own.plan_version,
                cast(null as {{ dbt.type_string() }}) as entry_id, 0 as is_posted, cast(null as timestamp) as posted_at,
                own.posting_period || own.entry_type as recency
            from own
            cross join first_open
            where own.posting_period <= first_open.period
            union all
            select
                {{ slot }} as slot, origin_period, payee_no, plan_id, component_id, component_name, cast(null as {{ dbt.type_string() }}) as plan_hash,
                0 as plan_version, entry_id, 1 as is_posted, posted_at, entry_id as recency
            from ledger
        ) as told
    ) as ranked
    where place = 1
    group by slot, origin_period
),

-- The plan version of a line that is not computed any more is the one it was posted under.
last_hashes as (
    select {{ slot }} as slot, origin_period, max(plan_hash) as plan_hash
    from ledger
    group by {{ slot }}, origin_period
),

adjustments as (
    select
        newest.payee_no,
        newest.plan_id,
        newest.component_id,
        newest.component_name,
        coalesce(newest.plan_hash, last_hashes.plan_hash) as plan_hash,
        case differences.kept_as
            when 'cap' then case when differences.amount > 0 then 'CAP_RELEASE' else 'CAP_WITHHELD' end
            when 'hold' then case when differences.amount > 0 then 'HOLD_RELEASE' else 'HOLD' end
            when 'holdback' then case when differences.amount > 0 then 'HOLDBACK_RELEASE' else 'HOLDBACK' end
            when 'lost' then 'WRITE_OFF'
            else coalesce(reasons.entry_type, 'ADJ_DATA')
        end as entry_type,
        coalesce(reasons.reason, '关账后重算') as reason,
        differences.origin_period,
        first_open.period as posting_period,
        differences.amount,
        newest.entry_id as reverses_id
    from differences
    cross join first_open
    inner join newest on differences.slot = newest.slot and differences.origin_period = newest.origin_period
    left join last_hashes on differences.slot = last_hashes.slot and differences.origin_period = last_hashes.origin_period
    left join {{ ref('int_commission_reasons') }} as reasons
        on newest.payee_no = reasons.payee_no
        and newest.plan_id = reasons.plan_id
        and newest.component_id = reasons.component_id
        and differences.origin_period = reasons.origin_period
),

-- Disputes that were upheld and adjustments that were approved, less what was posted of them: in the month they name, or the first open one.
-- A dispute and an adjustment of one id are two decisions, a write-off and what it takes from its balance are two lines of one; what was posted for somebody whom the decision no longer names goes back.
decided_posted as (
    select
        decision_id,
        entry_type = 'ADJ_DISPUTE' as is_dispute,
        {{ takes }} as is_taken,
        payee_no,
        max(plan_id) as plan_id,
        max(component_id) as component_id,
        max(entry_type) as entry_type,
        max(origin_period) as origin_period,
        sum(amount) as amount
    from ledger
    where decision_id is not null
    group by decision_id, entry_type = 'ADJ_DISPUTE', {{ takes }}, payee_no
),

decisions as (
    select
        decisions.decision_id, decisions.kind, decisions.entry_type, decisions.payee_no, decisions.plan_id, decisions.component_id,
        decisions.origin_period, decisions.posting_period, decisions.decided_on, decisions.reason, decisions.evidence, decisions.signatures,
        decisions.amount - coalesce(posted.amount, 0) as amount
    from {{ ref('int_commission_decisions') }} as decisions
    left join decided_posted as posted
        on decisions.decision_id = posted.decision_id
        and (decisions.kind = 'dispute') = posted.is_dispute
        and (decisions.{{ takes }}) = posted.is_taken
        and decisions.payee_no = posted.payee_no
    where decisions.kind = 'adjustment' or decisions.decided_on is not null
    union all
    select
        decisions.decision_id, decisions.kind, posted.entry_type, posted.payee_no, posted.plan_id, posted.component_id,
        posted.origin_period, decisions.posting_period, decisions.decided_on, '改记他人：' || decisions.reason, decisions.evidence,
        decisions.signatures, -posted.amount
    from {{ ref('int_commission_decisions') }} as decisions
    inner join decided_posted as posted
        on decisions.decision_id = posted.decision_id
        and (decisions.kind = 'dispute') = posted.is_dispute
        and (decisions.{{ takes }}) = posted.is_taken
        and decisions.payee_no <> posted.payee_no
),

names as (
    select plan_id, component_id, max(plan_hash) as plan_hash, max(component_name) as component_name
    from own
    group by plan_id, component_id
),

decided as (
    select
        decisions.decision_id,
        decisions.entry_type,
        decisions.payee_no,
        decisions.plan_id,
        names.plan_hash,
        decisions.component_id,
        names.component_name,
        decisions.origin_period,
        greatest(
            coalesce(decisions.posting_period, {{ period_name('month', 'decisions.decided_on') }}, decisions.origin_period),
            case when first_open.period = '0000-00' then decisions.origin_period else first_open.period end
        ) as posting_period,
        cast(decisions.amount as {{ money }}) as amount,
        decisions.reason,
        decisions.evidence,
        decisions.signatures
    from decisions
    cross join first_open
    left join names on decisions.plan_id = names.plan_id and decisions.component_id = names.component_id
    where decisions.amount <> 0
),

drafts as (
    select
        payee_no, plan_id, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, left_amount as amount, reason,
        cast(null as {{ dbt.type_string() }}) as reverses_id, evidence,
        cast(null as {{ dbt.type_string() }}) as decision_id, cast(null as {{ dbt.type_string() }}) as signatures
    from own_left
    where left_amount <> 0
    union all
    select
        payee_no, plan_id, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, amount, reason,
        reverses_id, cast(null as {{ dbt.type_string() }}) as evidence,
        cast(null as {{ dbt.type_string() }}) as decision_id, cast(null as {{ dbt.type_string() }}) as signatures
    from adjustments
    union all
    select
        payee_no, plan_id, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, amount, reason,
        cast(null as {{ dbt.type_string() }}) as reverses_id, evidence, decision_id, signatures
    from decided
),

versions as (
    select * from {{ ref('int_plan_rules') }} where kind = 'plan'
),

hired as (
    select payee_no, min(hire_date) as hired_on
    from {{ ref('commission_people') }}
    where hire_date is not null
    group by payee_no
),

open_months as (
    select
        months.payee_no,
        months.plan_id,
        months.month,
        versions.plan_hash,
        versions.offset_commission,
        versions.limit_draws,
        versions.draw_kind,
        versions.draw_amount,
        versions.draw_recover_down_to,
        versions.draw_on_leave,
        coalesce(versions.draw_recover_from <= months.month, true) as may_recover,
        months.is_under_plan
            and coalesce(months.month <= versions.draw_until, true)
            and coalesce(months.month < {{ period_name('month', add_months('hired.hired_on', 'versions.draw_first_months')) }}, true)
            and coalesce(months.left_month >= months.month, true) as is_topped_up,
        coalesce(versions.draw_kind = 'recoverable' and months.left_month <= months.month, false) as is_settling,
        -- a share of the wages, never rounded up, down to the minimum wage; unknown wages allow nothing
        coalesce(greatest(0, least(
            {{ cents('cast(wages.wages as decimal(20, 10)) * versions.wage_share') }} - case
                when {{ cents('cast(wages.wages as decimal(20, 10)) * versions.wage_share') }} > cast(wages.wages as decimal(20, 10)) * versions.wage_share
                    then 0.01
                else 0
            end,
            cast(wages.wages - coalesce(wages.minimum_wage, versions.minimum_wage) as {{ money }})
        )), 0) as takeable
    from {{ ref('int_commission_months') }} as months
    cross join first_open
    inner join versions on months.plan_id = versions.plan_id and months.plan_version = versions.plan_version
    left join hired on months.payee_no = hired.payee_no
    left join {{ ref('commission_wages') }} as wages on months.payee_no = wages.payee_no and months.month = wages.month
    where months.month >= first_open.period
),

told as (
    select
        together.*,
        decision_id is null and (
            entry_type in ('ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN') or (origin_period < posting_period and {{ kept_as }} <> '')
        ) as is_change
    from (
        select payee_no, plan_id, component_id, origin_period, posting_period, entry_type, decision_id, amount from drafts
        union all
        select
            ledger.payee_no, ledger.plan_id, ledger.component_id, ledger.origin_period, ledger.posting_period, ledger.entry_type,
            ledger.decision_id, ledger.amount
        from ledger
        cross join first_open
        where ledger.posting_period >= first_open.period and (ledger.entry_type not in {{ settling }} or ledger.decision_id is not null)
    ) as together
),

-- What changed of a closed month is one matter, with what that month would keep or let go.
month_lines as (
    select payee_no, plan_id, posting_period, entry_type, amount from told where not is_change
    union all
    select payee_no, plan_id, posting_period, 'ADJ_DATA' as entry_type, sum(amount) as amount
    from told
    where is_change
    group by payee_no, plan_id, component_id, origin_period, posting_period
),

netted as (
    select
        open_months.*,
        greatest(rest, 0) as net,
        fines + taken + greatest(-rest, 0) + forgiven as new_debt
    from (
        select
            open_months.*,
            coalesce(-sum(case when lines.entry_type = 'PENALTY' then lines.amount end), 0) as fines,
            coalesce(sum(case when lines.entry_type = 'CLAWBACK_RECOVERY' then lines.amount end), 0) as forgiven,
            coalesce(-sum(case
                when not open_months.offset_commission and lines.entry_type in {{ debts }} and lines.amount < 0 then lines.amount
            end), 0) as taken,
            coalesce(sum(case
                when lines.entry_type = 'PENALTY' then 0
                when not open_months.offset_commission and lines.entry_type in {{ debts }} and lines.amount < 0 then 0
                else lines.amount
            end), 0) as rest
        from open_months
        left join month_lines as lines
            on {{ same_keys('open_months', 'lines', payee) }} and open_months.month = lines.posting_period
        group by {% for name in ["payee_no", "plan_id", "month", "plan_hash", "offset_commission", "limit_draws", "draw_kind", "draw_amount",
            "draw_recover_down_to", "draw_on_leave", "may_recover", "is_topped_up", "is_settling", "takeable"] -%}
            open_months.{{ name }}{{ ", " if not loop.last }}
        {%- endfor %}
    ) as open_months
),

-- What a guarantee filled up is nobody's debt.
openings as (
    select
        ledger.payee_no,
        ledger.plan_id,
        sum(case when entry_type in ('DRAW', 'DRAW_RECOVERY') and coalesce(reason, '') <> '保障补足' then amount else 0 end) as draw,
        sum(case when entry_type = 'CLAWBACK_RECOVERY' then amount else 0 end) as debt
    from ledger
    cross join first_open
    where ledger.posting_period < first_open.period
    group by ledger.payee_no, ledger.plan_id
),

-- Who has a draw or a debt, or had one posted; of everybody else there is nothing to settle.
concerned as (
    select payee_no from netted where draw_amount is not null or new_debt <> 0
    union
    select payee_no from openings where draw <> 0 or debt <> 0
    union
    select ledger.payee_no
    from ledger
    cross join first_open
    where ledger.entry_type in {{ settling }} and ledger.posting_period >= first_open.period
),

-- What the law lets us take is one person's, by the strictest of their plans, and their debts are served by the names of the plans: what
-- stands of a plan and of those before it is one queue, so each has its row in every month that any of them has.
of_person as (
    select
        months.payee_no,
        plans.plan_id,
        months.month,
        months.takeable as person_takeable
    from (select payee_no, month, min(takeable) as takeable from open_months group by payee_no, month) as months
    inner join (select distinct payee_no, plan_id from open_months) as plans on months.payee_no = plans.payee_no
    where months.payee_no in (select payee_no from concerned)
),

queued as (
    select
        dense.*,
        sum(opening_debt) over ({{ by_plan }}) as opening_to_here,
        sum(new_debt) over ({{ by_plan }}) as new_to_here
    from (
        select
            of_person.*,
            {% for name in ['plan_hash', 'limit_draws', 'draw_kind', 'draw_amount', 'draw_recover_down_to', 'draw_on_leave'] -%}
            netted.{{ name }},
            {% endfor -%}
            coalesce(netted.may_recover, false) as may_recover,
            coalesce(netted.is_topped_up, false) as is_topped_up,
            coalesce(netted.is_settling, false) as is_settling,
            coalesce(netted.net, 0) as net,
            coalesce(netted.new_debt, 0) as new_debt,
            coalesce(netted.forgiven, 0) as forgiven,
            coalesce(openings.draw, 0) as opening_draw,
            coalesce(openings.debt, 0) as opening_debt
        from of_person
        left join netted on {{ same_keys('of_person', 'netted', payee + ['month']) }}
        left join openings on {{ same_keys('of_person', 'openings', payee) }}
    ) as dense
),

-- Debts as they would be recovered if no draw were turned into one: what is left of the limit before anybody leaves.
debts_alone as (
    select
        sums.*,
        person_takeable - max(taken_to_here) over (partition by payee_no, month) as limit_left
    from (
        select
            balances.*,
            coalesce(lag(debt_to_here) over ({{ by_payee }}), opening_to_here) + new_to_here - debt_to_here as taken_to_here
        from (
            select
                running.*,
                debt_sum - least(0, min(debt_sum) over ({{ so_far }})) as debt_to_here
            from (
                select
                    queued.*,
                    opening_to_here + sum(new_to_here - person_takeable) over ({{ so_far }}) as debt_sum
                from queued
            ) as running
        ) as balances
    ) as sums
),

draw_steps as (
    select
        debts_alone.*,
        case when draw_amount is not null and net < draw_amount and is_topped_up then draw_amount - net else 0 end as topped_up,
        case
            when draw_kind is null or draw_kind <> 'recoverable' then 0
            when net < draw_amount and is_topped_up then draw_amount - net
            when may_recover then -case
                when limit_draws then least(greatest(0, net - draw_recover_down_to), limit_left)
                else greatest(0, net - draw_recover_down_to)
            end
            else 0
        end as step,
        sum(case when is_settling then 1 else 0 end) over ({{ so_far }}) as settled_times
    from debts_alone
),

draws as (
    select
        balances.*,
        coalesce(lag(draw_balance) over ({{ by_payee }}), opening_draw) as draw_before
    from (
        select
            sums.*,
            draw_sum - least(0, min(draw_sum) over (partition by payee_no, plan_id, settled_times order by month
                rows between unbounded preceding and current row)) as draw_balance
        from (
            select
                draw_steps.*,
                case when settled_times = 0 then opening_draw else 0 end + sum(step) over (
                    partition by payee_no, plan_id, settled_times order by month rows between unbounded preceding and current row
                ) as draw_sum
            from draw_steps
        ) as sums
    ) as balances
),

turned as (
    select
        draws.*,
        case when is_settling and draw_on_leave = 'settle_with_legal_limit' then draw_before else 0 end as turned_debt,
        case when is_settling and draw_on_leave = 'write_off' then draw_before else 0 end as written_off
    from draws
),

recovered as (
    select
        owed.*,
        coalesce(lag(debt_balance) over ({{ by_payee }}), opening_debt) + new_debt + turned_debt - debt_balance as recovered
    from (
        select
            queues.*,
            debts_to_here - coalesce(lag(debts_to_here) over (partition by payee_no, month order by plan_id), 0) as debt_balance
        from (
            select
                sums.*,
                all_debts - least(0, min(all_debts) over ({{ so_far }})) as debts_to_here
            from (
                select
                    turns.*,
                    opening_to_here + sum(new_to_here + turned_to_here - person_takeable) over ({{ so_far }}) as all_debts
                from (
                    select turned.*, sum(turned_debt) over ({{ by_plan }}) as turned_to_here
                    from turned
                ) as turns
            ) as sums
        ) as queues
    ) as owed
),

settled as (
    {%- for kind, amount, reason in [
        ('CLAWBACK_RECOVERY', 'new_debt - forgiven', "'转入待追回余额'"),
        ('CLAWBACK_RECOVERY', '-recovered', "'在法定扣款上限内追回'"),
        ('CLAWBACK_RECOVERY', 'turned_debt', "'离职：预支余额转入待追回'"),
        ('DRAW_RECOVERY', '-turned_debt', "'离职：预支余额转入待追回'"),
        ('DRAW_RECOVERY', '-written_off', "'" ~ forgiven ~ "'"),
        ('WRITE_OFF', 'written_off', "'" ~ forgiven ~ "'"),
        ('DRAW', 'topped_up', "case when draw_kind = 'recoverable' then '预支补足' else '保障补足' end"),
        ('DRAW_RECOVERY', 'case when not is_settling and step < 0 then draw_balance - draw_before else 0 end', "'预支收回'"),
    ] %}
    select payee_no, plan_id, plan_hash, '{{ kind }}' as entry_type, month, {{ amount }} as amount, {{ reason }} as reason
    from recovered
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

lines as (
    select
        payee_no, plan_id, plan_hash, component_id, component_name, entry_type, origin_period, posting_period, amount, reason, reverses_id, evidence,
        decision_id, signatures
    from drafts
    union all
    select
        settled.payee_no, settled.plan_id, settled.plan_hash,
        cast(null as {{ dbt.type_string() }}) as component_id, cast(null as {{ dbt.type_string() }}) as component_name,
        settled.entry_type, settled.month as origin_period, settled.month as posting_period,
        settled.amount - coalesce(case when settled.reason_place = 1 then booked.amount end, 0) as amount,
        settled.reason,
        cast(null as {{ dbt.type_string() }}) as reverses_id, cast(null as {{ dbt.type_string() }}) as evidence,
        cast(null as {{ dbt.type_string() }}) as decision_id, cast(null as {{ dbt.type_string() }}) as signatures
    from (
        select
            settled.*,
            row_number() over (partition by payee_no, plan_id, entry_type, month order by abs(amount) desc, reason) as reason_place
        from settled
    ) as settled
    left join (
        select payee_no, plan_id, entry_type, posting_period, sum(amount) as amount
        from ledger
        where entry_type in {{ settling }} and decision_id is null
        group by payee_no, plan_id, entry_type, posting_period
    ) as booked
        on {{ same_keys('settled', 'booked', payee) }}
        and settled.entry_type = booked.entry_type
        and settled.month = booked.posting_period
)

select
    md5(
        payee_no || '|' || coalesce(plan_id, '') || '|' || coalesce(plan_hash, '') || '|' || coalesce(component_id, '') || '|' || entry_type
        || '|' || origin_period || '|' || posting_period || '|' || cast(row_number() over (
            partition by payee_no, plan_id, plan_hash, component_id, entry_type, origin_period, posting_period order by reason nulls last, amount
        ) as {{ dbt.type_string() }})
    ) as line_key,
    payee_no,
    plan_id,
    plan_hash,
    component_id,
    component_name,
    entry_type,
    origin_period,
    posting_period,
    cast(amount as {{ money }}) as amount,
    reason,
    reverses_id,
    evidence,
    decision_id,
    signatures
from lines
where amount <> 0
