{%- set chain = ['payee_no', 'plan_id', 'plan_version', 'component_id', 'window_period'] -%}
{%- set order = 'event_date, event_at, is_timed, event_id, role' -%}
{%- set so_far = 'partition by chain_no order by ' ~ order ~ ' rows between unbounded preceding and current row' -%}
{%- set by_item = 'partition by chain_no order by item_no' -%}
{%- set of_order = 'partition by payee_no, plan_id, component_id, order_key order by ' ~ order -%}
{%- set counter -%}
        cast(sum(case when acts = 'return' then 0 else counted_base end) over ({{ so_far }}) as {{ exact_type() }}) as cumulative_base,
        sum(case when acts = 'add' and counted_base <> 0 then 1 else 0 end) over ({{ so_far }}) as places,
        row_number() over ({{ so_far }}) as item_no
{%- endset -%}
-- Steps 6 to 9 of C1: events of a window in order of date and id; each earns the rounded total after it less the one before (C4.3).
with clocks as (
    select fiscal_year_start_month as year_start
    from {{ ref('clocks') }}
),

credits as {{ folded() }} (
    select * from {{ ref('commission_credits') }}
),

components as (
    select * from {{ ref('int_plan_components') }}
),

originals as (
    select *
    from {{ ref('commission_credits') }}
    where event_id in (
        select original_event_id
        from {{ ref('commission_credits') }}
        where original_event_id is not null and refund_mode in ('recompute_origin', 'original_attribution')
    )
),

-- A refund in modes A and B joins the window of what it takes back; what is not found counts in its own.
refunds as (
    select linked.*
    from (
        select
            credits.*,
            originals.event_id is not null as is_linked,
            originals.plan_version as origin_version,
            originals.plan_hash as origin_hash,
            originals.window_period as origin_window,
            originals.month as origin_month,
            coalesce(
                originals.is_at_risk
                and (originals.original_event_id is null or coalesce(originals.refund_mode, 'current_credit') = 'current_credit')
                and (
                    originals.event_date < credits.event_date
                    or (originals.event_date = credits.event_date and originals.event_at < credits.event_at)
                    or (originals.event_date = credits.event_date and originals.event_at = credits.event_at
                        and not originals.is_timed and credits.is_timed)
                    or (originals.event_date = credits.event_date and originals.event_at = credits.event_at
                        and originals.is_timed = credits.is_timed and originals.event_id < credits.event_id)
                ),
                false
            ) as is_found,
            row_number() over (
                partition by credits.event_id, credits.payee_no, credits.plan_id, credits.plan_version, credits.component_id, credits.role
                order by originals.plan_version desc
            ) as place
        from credits
        left join originals
            on credits.original_event_id = originals.event_id
            and credits.payee_no = originals.payee_no
            and credits.plan_id = originals.plan_id
            and credits.component_id = originals.component_id
            and credits.role = originals.role
        where credits.original_event_id is not null
            and credits.refund_mode in ('recompute_origin', 'original_attribution')
            and credits.is_at_risk
    ) as linked
    where linked.place = 1
),

-- What earlier windows rounded away of an order, or gave too much, for its first part payment in the next (C4.6): only a flat rate has
-- parts that sum whatever window they fall into.
carries as (
    select
        payee_no, plan_id, plan_version, component_id, event_id, role,
        cast(earned_before - {{ cents('earned_before') }} as {{ exact_type() }}) as carried
    from (
        select
            parts.*,
            lag(plan_version) over ({{ of_order }}) as version_before,
            lag(window_period) over ({{ of_order }}) as window_before,
            cast(sum(part) over ({{ of_order }} rows between unbounded preceding and current row) - part as {{ exact_type() }}) as earned_before
        from (
            select
                credits.payee_no, credits.plan_id, credits.plan_version, credits.component_id, credits.window_period, credits.order_key,
                credits.event_id, credits.event_date, credits.event_at, credits.is_timed, credits.role,
                cast(
                    cast(credits.counted_base * coalesce(credits.rate, 0) as {{ exact_type() }}) * credits.earning_factor as {{ exact_type() }}
                ) as part
            from credits
            inner join components
                on credits.plan_id = components.plan_id
                and credits.plan_version = components.plan_version
                and credits.component_id = components.component_id
            where components.rate_kind = 'flat'
                and components.event = 'cash_applied'
                and components.accumulate in ('month', 'quarter', 'year')
                and credits.original_event_id is null
        ) as parts
    ) as parts
    where (window_before <> window_period or version_before <> plan_version)
        and earned_before <> {{ cents('earned_before') }}
),

items as {{ folded() }} (
    select
        credits.payee_no,
        credits.plan_id,
        credits.plan_version,
        credits.plan_hash,
        credits.component_id,
        credits.window_period,
        credits.month,
        credits.month as origin_month,
        credits.event_id,
        credits.event_date,
        credits.event_at,
        credits.is_timed,
        credits.role,
        credits.order_key,
        credits.counted_base,
        credits.base_amount,
        credits.rate,
        credits.earning_factor,
        credits.whole_base,
        coalesce(carries.carried, 0) as carried,
        cast(null as {{ dbt.type_string() }}) as undoes_event_id,
        'add' as rule,
        'add' as acts
    from credits
    left join carries
        on {{ same_keys('credits', 'carries', ['payee_no', 'plan_id', 'plan_version', 'component_id', 'event_id', 'role']) }}
    where credits.is_at_risk
        and (credits.original_event_id is null or coalesce(credits.refund_mode, 'current_credit') = 'current_credit')
    union all
    select
        refunds.payee_no,
        refunds.plan_id,
        case when refunds.is_linked then refunds.origin_version else refunds.plan_version end as plan_version,
        case when refunds.is_linked then refunds.origin_hash else refunds.plan_hash end as plan_hash,
        refunds.component_id,
        case when refunds.is_linked then refunds.origin_window else refunds.window_period end as window_period,
        refunds.month,
        case when refunds.is_linked then refunds.origin_month else refunds.month end as origin_month,
        refunds.event_id,
        refunds.event_date,
        refunds.event_at,
        refunds.is_timed,
        refunds.role,
        refunds.order_key,
        refunds.counted_base,
        refunds.base_amount,
        refunds.rate,
        refunds.earning_factor,
        refunds.whole_base,
        cast(0 as {{ exact_type() }}) as carried,
        case when refunds.is_linked then refunds.original_event_id end as undoes_event_id,
        case
            when not refunds.is_linked then 'add'
            when refunds.refund_mode = 'recompute_origin' then 'undo'
            else 'return'
        end as rule,
        case
            when not refunds.is_linked then 'add'
            when refunds.refund_mode = 'original_attribution' then 'return'
            when refunds.is_found then 'undo'
            else 'add'
        end as acts
    from refunds
),

-- What of it fits 64 bits, where engines reckon a hundred times as fast as in 128: six places, rates of four.
sized as {{ folded() }} (
    select
        narrowed.*,
        cast(small_base as {{ exact_type() }}) = counted_base
            and (rate is null or (small_rate = rate and small_factor = earning_factor and fine_rate = small_rate * small_factor)) as is_small
    from (
        select
            factored.*,
            try_cast(small_rate * small_factor as decimal(4, 4)) as fine_rate
        from (
            select
                items.*,
                try_cast(try_cast(base_amount as {{ small_type() }}) as decimal(14, 6)) as small_base,
                try_cast(coalesce(rate, 0) as decimal(4, 4)) as small_rate,
                try_cast(earning_factor as decimal(5, 2)) as small_factor
            from items
        ) as factored
    ) as narrowed
),

-- A number for each window: engines sort millions of events by a number much faster than by five texts. And what its events have in common.
chains as (
    select
        grouped.*,
        {{ group_number(chain) }} as chain_no
    from (
        select
            {{ chain | join(', ') }},
            min(plan_hash) as plan_hash,
            max(case when acts = 'undo' then 1 else 0 end) as has_undone,
            min(case when acts <> 'return' then earning_factor end) as least_factor,
            max(case when acts <> 'return' then earning_factor end) as most_factor,
            min(case when acts <> 'return' then coalesce(whole_base, 0) end) as least_whole,
            max(case when acts <> 'return' then coalesce(whole_base, 0) end) as most_whole,
            max(case when rule <> 'add' or origin_month <> month then 1 else 0 end) as has_linked,
            max(case when carried <> 0 then 1 else 0 end) as has_carried,
            count(whole_base) as wholes,
            max(case when is_small then 0 else 1 end) = 0 and sum(abs(small_base)) < 100000000 as is_small
        from sized
        group by {{ chain | join(', ') }}
    ) as grouped
),

-- Targets inside the window, for the days the version held and the payee was employed, under the plan and not on leave.
rated_windows as (
    select
        chains.payee_no, chains.plan_id, chains.plan_version, chains.component_id, chains.window_period,
        components.quota_measure, components.quota_proration,
        -- what is locked at signature is paid under its version whenever it comes
        case when components.plan_version_by = 'event_date' then components.plan_valid_from else cast('1900-01-01' as date) end as version_from,
        case when components.plan_version_by = 'event_date' then components.plan_valid_to else cast('9999-12-31' as date) end as version_to,
        {{ period_first('chains.window_period', 'clocks.year_start') }} as first_day,
        {{ plus_days(add_months(period_first('chains.window_period', 'clocks.year_start'), period_months('chains.window_period')), -1) }} as last_day
    from chains
    inner join components
        on chains.plan_id = components.plan_id
        and chains.plan_version = components.plan_version
        and chains.component_id = components.component_id
    cross join clocks
    where (components.rate_kind = 'attainment' or components.scale = 'attainment')
        and components.accumulate in ('month', 'quarter', 'year')
),

window_days as (
    select
        payee_no, plan_id, quota_proration, window_period, version_from, version_to, {{ each('day', 'first_day', 'last_day') }} as day
    from (
        select distinct payee_no, plan_id, quota_proration, window_period, version_from, version_to, first_day, last_day
        from rated_windows
    ) as windows
),

days_there as (
    select
        window_days.payee_no, window_days.plan_id, window_days.quota_proration, window_days.window_period,
        window_days.version_from, window_days.version_to,
        {{ period_name('month', 'window_days.day') }} as month,
        count(*) as days,
        sum(case when
            window_days.day between window_days.version_from and window_days.version_to
            and (
                not exists (select 1 from {{ ref('commission_people') }} as people where people.payee_no = window_days.payee_no)
                or exists (
                    select 1 from {{ ref('commission_people') }} as people
                    where people.payee_no = window_days.payee_no
                        and (people.hire_date is null or people.hire_date <= window_days.day)
                        and (people.leave_date is null or window_days.day <= people.leave_date)
                )
            )
            and exists (
                select 1 from {{ ref('commission_assignments') }} as assigned
                where assigned.payee_no = window_days.payee_no
                    and assigned.plan_id = window_days.plan_id
                    and assigned.valid_from <= window_days.day
                    and (assigned.valid_to is null or window_days.day <= assigned.valid_to)
            )
            and not exists (
                select 1 from {{ ref('commission_absences') }} as absences
                where absences.payee_no = window_days.payee_no
                    and absences.first_day <= window_days.day and window_days.day <= absences.last_day
            )
            then 1 else 0
        end) as days_there
    from window_days
    where window_days.quota_proration <> 'workdays'
        or exists (select 1 from {{ ref('commission_workdays') }} as workdays where workdays.day = window_days.day)
    group by
        window_days.payee_no, window_days.plan_id, window_days.quota_proration, window_days.window_period,
        window_days.version_from, window_days.version_to,
        {{ period_name('month', 'window_days.day') }}
),

presence as (
    select
        payee_no, plan_id, quota_proration, window_period, version_from, version_to,
        cast(sum(case when quota_proration = 'whole_months' then case when days = days_there then 1 else 0 end else days_there end)
            as decimal(9, 0)) as days_there,
        cast(sum(case when quota_proration = 'whole_months' then 1 else days end) as decimal(9, 0)) as whole_days
    from days_there
    group by payee_no, plan_id, quota_proration, window_period, version_from, version_to
),

targets as (
    select
        rated_windows.payee_no, rated_windows.plan_id, rated_windows.plan_version, rated_windows.component_id, rated_windows.window_period,
        presence.days_there,
        presence.whole_days,
        cast(sum(quotas.amount) as decimal(18, 4)) as targets
    from rated_windows
    inner join presence
        on rated_windows.payee_no = presence.payee_no
        and rated_windows.plan_id = presence.plan_id
        and rated_windows.quota_proration = presence.quota_proration
        and rated_windows.window_period = presence.window_period
        and rated_windows.version_from = presence.version_from
        and rated_windows.version_to = presence.version_to
    inner join {{ ref('commission_quotas') }} as quotas
        on rated_windows.payee_no = quotas.payee_no
        and rated_windows.quota_measure = quotas.measure
        and rated_windows.first_day <= quotas.first_day
        and quotas.last_day <= rated_windows.last_day
    group by
        rated_windows.payee_no, rated_windows.plan_id, rated_windows.plan_version, rated_windows.component_id, rated_windows.window_period,
        presence.days_there, presence.whole_days
),

-- What a component's table is like: plain where a base earns by steps from nothing to no end, in figures that fit 64 bits.
tables as (
    select
        plan_id,
        plan_version,
        component_id,
        max(case
            when rate_kind not in ('marginal', 'retroactive')
                or (is_last and tier_to is not null)
                or (tier_no = first_no and tier_from <> 0)
                or try_cast(rate as decimal(4, 4)) is distinct from rate
                or abs(earned_below) >= 10000000
                or tier_from >= 100000000
                then 1
            else 0
        end) = 0 as is_plain
    from (
        select tiers.*, min(tier_no) over (partition by plan_id, plan_version, component_id) as first_no
        from {{ ref('dim_plan_tiers') }} as tiers
    ) as tiers
    group by plan_id, plan_version, component_id
),

-- Without a quota nothing can be rated. In a plain window an event earns what the counter says after it, less before it.
ratable as (
    select
        windows.*,
        has_carried = 0 and has_linked = 0 and is_small
            and (way = 'flat' or (way = 'even' and wholes = 0 and most_factor = 1 and quota is null and is_plain_table)) as is_plain
    from (
        select
            chains.*,
            components.rate_kind = 'flat' as is_flat,
            components.target_pay,
            components.slow_below,
            components.slow_x,
            targets.targets,
            targets.days_there,
            targets.whole_days,
            {{ portion('targets.targets', 'targets.days_there', 'targets.whole_days') }} as quota,
            coalesce(tables.is_plain, false) as is_plain_table,
            case
                when components.rate_kind = 'flat' then 'flat'
                when chains.least_factor = chains.most_factor and chains.least_whole = chains.most_whole
                    and (chains.has_undone = 0 or components.rate_kind <> 'interpolated') then 'even'
                when chains.has_undone = 0 then 'uneven'
                else 'recomputed'
            end as way
        from chains
        inner join components
            on chains.plan_id = components.plan_id
            and chains.plan_version = components.plan_version
            and chains.component_id = components.component_id
        left join tables
            on chains.plan_id = tables.plan_id
            and chains.plan_version = tables.plan_version
            and chains.component_id = tables.component_id
        left join targets on {{ same_keys('chains', 'targets', chain) }}
        where not (components.rate_kind = 'attainment' or components.scale = 'attainment')
            or (targets.targets <> 0 and targets.days_there > 0)
    ) as windows
),

-- The steps of each window's table, in money.
steps as (
    select
        ratable.*,
        tiers.tier_no,
        tiers.is_last,
        tiers.boundary,
        tiers.rate_kind,
        tiers.tier_from,
        tiers.tier_to,
        tiers.rate,
        tiers.amount,
        tiers.next_amount,
        {{ limit_of('tiers.tier_from', 'ratable.quota') }} as begins_at,
        {{ limit_of('tiers.tier_to', 'ratable.quota') }} as ends_at,
        {{ limit_of('tiers.earned_below', 'ratable.quota') }} as earned_below
    from ratable
    inner join {{ ref('dim_plan_tiers') }} as tiers
        on ratable.plan_id = tiers.plan_id
        and ratable.plan_version = tiers.plan_version
        and ratable.component_id = tiers.component_id
    where not ratable.is_flat
),

plain_steps as (
    select
        chain_no,
        tier_no,
        is_last,
        boundary,
        cast(rate as decimal(4, 4)) as rate,
        cast(begins_at as decimal(14, 6)) as begins_at,
        cast(ends_at as decimal(14, 6)) as ends_at,
        cast(case when rate_kind = 'marginal' then earned_below else 0 end as {{ small_type() }}) as earned_below,
        cast(case when rate_kind = 'marginal' then begins_at else 0 end as decimal(14, 6)) as counts_from
    from steps
    where is_plain
),

-- Plain windows: the counter after each event and before it, and what it earns by the table.
plainly_counted as {{ folded() }} (
    select
        numbered.*,
        cast(sum(counted_base) over ({{ so_far }}) as decimal(14, 6)) as cumulative_base,
        cast(sum(flat_part) over ({{ so_far }}) as {{ small_type() }}) as flat_to_date,
        row_number() over ({{ so_far }}) as item_no
    from (
        select
            ratable.chain_no,
            ratable.is_flat,
            sized.month,
            sized.event_id,
            sized.event_date,
            sized.event_at,
            sized.is_timed,
            sized.role,
            sized.order_key,
            sized.small_base as counted_base,
            case when ratable.is_flat then cast(sized.small_base * sized.fine_rate as {{ small_type() }}) end as flat_part
        from sized
        inner join ratable on {{ same_keys('sized', 'ratable', chain) }}
        where ratable.is_plain
    ) as numbered
),

plainly_earned as {{ folded() }} (
    select
        counted.*,
        case
            when counted.is_flat then counted.flat_to_date
            else cast(after.earned_below + cast(counted.cumulative_base - after.counts_from as decimal(14, 6)) * after.rate as {{ small_type() }})
        end as earned_to_date,
        case
            when counted.is_flat then cast(counted.flat_to_date - counted.flat_part as {{ small_type() }})
            else cast(
                before.earned_below + cast(counted.base_before - before.counts_from as decimal(14, 6)) * before.rate as {{ small_type() }}
            )
        end as earned_before
    from (
        select plainly_counted.*, cast(cumulative_base - counted_base as decimal(14, 6)) as base_before
        from plainly_counted
    ) as counted
    left join plain_steps as after on counted.chain_no = after.chain_no and {{ in_step('counted.cumulative_base', 'after') }}
    left join plain_steps as before on counted.chain_no = before.chain_no and {{ in_step('counted.base_before', 'before') }}
),

-- The other windows are followed from event to event.
counted as {{ folded() }} (
    select
        numbered.*,
        {{ counter }}
    from (
        select
            ratable.chain_no,
            ratable.way,
            items.month,
            items.origin_month,
            items.event_id,
            items.event_date,
            items.event_at,
            items.is_timed,
            items.role,
            items.order_key,
            items.acts,
            items.rule,
            items.undoes_event_id,
            items.counted_base,
            items.rate,
            items.earning_factor,
            items.whole_base,
            items.carried
        from items
        inner join ratable on {{ same_keys('items', 'ratable', chain) }}
        where not ratable.is_plain
    ) as numbered
),

-- What the counter earns by the table; a part payment of one transaction earns its share of what the whole earns.
valued as (
    select
        counted.*,
        {{ earned_at('counted.cumulative_base', 'steps') }} as worth,
        {{ earned_at('counted.whole_base', 'whole_steps') }} as whole_worth
    from counted
    left join steps on counted.chain_no = steps.chain_no and {{ in_step('counted.cumulative_base', 'steps') }}
    left join steps as whole_steps
        on counted.chain_no = whole_steps.chain_no
        and counted.whole_base is not null
        and {{ in_step('counted.whole_base', 'whole_steps') }}
),

stepped as (
    select
        valued.*,
        case when whole_base is null then worth else {{ portion('whole_worth', 'cumulative_base', 'whole_base') }} end as worth_after,
        case
            when whole_base is null then lag(worth) over (
                partition by chain_no order by case when acts = 'return' then 1 else 0 end, item_no
            )
            else {{ portion('whole_worth', '(cumulative_base - counted_base)', 'whole_base') }}
        end as worth_before
    from valued
    where way <> 'even'
),

-- Where part of an event was undone and events differ in what multiplies them, the window is followed again from its start.
undone as (
    select
        snapshots.chain_no,
        snapshots.item_no as snapshot_no,
        undoing.undoes_event_id,
        undoing.role,
        sum(undoing.counted_base) as undone_base
    from valued as snapshots
    inner join valued as undoing on snapshots.chain_no = undoing.chain_no and undoing.item_no <= snapshots.item_no
    where snapshots.way = 'recomputed' and snapshots.acts <> 'return' and undoing.acts = 'undo'
    group by snapshots.chain_no, snapshots.item_no, undoing.undoes_event_id, undoing.role
),

again as (
    select
        places.*,
        snapshots.item_no as snapshot_no,
        cast(places.counted_base + coalesce(undone.undone_base, 0) as {{ exact_type() }}) as left_base
    from valued as snapshots
    inner join valued as places on snapshots.chain_no = places.chain_no and places.item_no <= snapshots.item_no
    left join undone
        on snapshots.chain_no = undone.chain_no
        and snapshots.item_no = undone.snapshot_no
        and places.event_id = undone.undoes_event_id
        and places.role = undone.role
    where snapshots.way = 'recomputed' and snapshots.acts <> 'return' and places.acts = 'add'
),

again_counted as (
    select
        again.*,
        cast(sum(left_base) over (
            partition by chain_no, snapshot_no order by item_no rows between unbounded preceding and current row
        ) as {{ exact_type() }}) as left_to_date,
        row_number() over (partition by chain_no, snapshot_no order by item_no) as left_place
    from again
    where left_base <> 0
),

again_valued as (
    select
        again_counted.*,
        {{ earned_at('again_counted.left_to_date', 'steps') }} as left_worth
    from again_counted
    inner join steps on again_counted.chain_no = steps.chain_no and {{ in_step('again_counted.left_to_date', 'steps') }}
),

recomputed as (
    select chain_no, snapshot_no, sum(part) as earned_to_date
    from (
        select
            again_valued.*,
            cast(cast(case
                when whole_base is not null then {{ portion('whole_worth', 'left_base', 'whole_base') }}
                when left_place = 1 then left_worth
                else left_worth - lag(left_worth) over (partition by chain_no, snapshot_no order by item_no)
            end as {{ exact_type() }}) * earning_factor as {{ exact_type() }}) as part
        from again_valued
    ) as parts
    group by chain_no, snapshot_no
),

-- Even windows need no step from event to event.
earned as (
    select
        even.*,
        cast(case when places > 0 then cast(worth_after * earning_factor as {{ exact_type() }}) else 0 end as {{ exact_type() }}) as earned_to_date
    from (
        select
            valued.*,
            case when whole_base is null then worth else {{ portion('whole_worth', 'cumulative_base', 'whole_base') }} end as worth_after,
            cast(null as {{ exact_type() }}) as worth_before
        from valued
        where way = 'even' and acts <> 'return'
    ) as even
    union all
    select
        stepped.*,
        cast(case stepped.way
            when 'flat' then sum(stepped.carried + cast(
                cast(stepped.counted_base * coalesce(stepped.rate, 0) as {{ exact_type() }}) * stepped.earning_factor as {{ exact_type() }}
            )) over (partition by stepped.chain_no order by stepped.item_no
                rows between unbounded preceding and current row)
            when 'uneven' then sum(case
                when stepped.counted_base = 0 then 0
                when stepped.places = 1 then cast(stepped.worth_after * stepped.earning_factor as {{ exact_type() }})
                else cast(
                    cast(stepped.worth_after - stepped.worth_before as {{ exact_type() }}) * stepped.earning_factor as {{ exact_type() }}
                )
            end) over (partition by stepped.chain_no order by stepped.item_no
                rows between unbounded preceding and current row)
            else coalesce(recomputed.earned_to_date, 0)
        end as {{ exact_type() }}) as earned_to_date
    from stepped
    left join recomputed on stepped.chain_no = recomputed.chain_no and stepped.item_no = recomputed.snapshot_no
    where stepped.acts <> 'return'
),

moved as (
    select
        rounded.*,
        cast(cents_to_date - coalesce(lag(cents_to_date) over ({{ by_item }}), 0) as decimal(18, 2)) as amount
    from (
        select earned.*, {{ cents('earned_to_date') }} as cents_to_date
        from earned
    ) as rounded
),

-- Mode B: exactly the cents the original moved, in proportion to what is refunded, never more; the counter stays.
returned as (
    select
        due.*,
        cast(due_to_date - coalesce(lag(due_to_date) over (
            partition by chain_no, undoes_event_id, role order by item_no
        ), 0) as decimal(18, 2)) as amount
    from (
        select
            back.*,
            coalesce(case
                when back.origin_base > 0 and back.returned_base < -back.origin_base then -back.origin_amount
                when back.origin_base < 0 and back.returned_base > -back.origin_base then -back.origin_amount
                else {{ cents(portion('back.origin_amount', 'back.returned_base', 'back.origin_base')) }}
            end, 0) as due_to_date
        from (
            select
                valued.*,
                moved.amount as origin_amount,
                moved.counted_base as origin_base,
                cast(sum(case when moved.event_id is null then 0 else valued.counted_base end) over (
                    partition by valued.chain_no, valued.undoes_event_id, valued.role
                    order by valued.item_no rows between unbounded preceding and current row
                ) as {{ exact_type() }}) as returned_base
            from valued
            left join moved
                on valued.chain_no = moved.chain_no
                and valued.undoes_event_id = moved.event_id
                and valued.role = moved.role
                and moved.acts = 'add'
                and moved.item_no < valued.item_no
            where valued.acts = 'return'
        ) as back
    ) as due
),

attributed as (
    select
        chain_no, month, month as origin_month, event_id, event_date, order_key, role, 'add' as rule, item_no,
        cast(counted_base as decimal(38, 10)) as base_amount,
        cast(cumulative_base as decimal(38, 10)) as cumulative_base,
        cast(earned_to_date as decimal(38, 16)) as earned_to_date,
        cast(cast(round(earned_to_date, 2) as decimal(18, 2)) - cast(round(earned_before, 2) as decimal(18, 2)) as decimal(18, 2)) as amount
    from plainly_earned
    union all
    select
        chain_no, month, origin_month, event_id, event_date, order_key, role, rule, item_no,
        cast(counted_base as decimal(38, 10)) as base_amount,
        cast(cumulative_base as decimal(38, 10)) as cumulative_base,
        cast(earned_to_date as decimal(38, 16)) as earned_to_date,
        amount
    from moved
    union all
    select
        chain_no, month, origin_month, event_id, event_date, order_key, role, rule, item_no,
        cast(0 as decimal(38, 10)) as base_amount,
        cast(cumulative_base as decimal(38, 10)) as cumulative_base,
        cast(null as decimal(38, 16)) as earned_to_date,
        amount
    from returned
)

select
    chains.payee_no,
    chains.plan_id,
    chains.plan_version,
    chains.plan_hash,
    chains.component_id,
    chains.window_period,
    attributed.month,
    attributed.origin_month,
    attributed.event_id,
    attributed.event_date,
    attributed.order_key,
    attributed.role,
    attributed.rule,
    cast(attributed.item_no as integer) as item_no,
    attributed.base_amount,
    attributed.cumulative_base,
    attributed.earned_to_date,
    attributed.amount
from attributed
inner join chains on attributed.chain_no = chains.chain_no
