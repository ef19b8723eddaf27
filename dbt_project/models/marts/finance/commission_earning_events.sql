{%- set chain = ['payee_no', 'plan_id', 'plan_version', 'component_id', 'window_period'] -%}
{%- set order = 'event_date, event_at, is_timed, event_id, role' -%}
{%- set so_far = 'partition by chain_no order by ' ~ order ~ ' rows between unbounded preceding and current row' -%}
{%- set by_item = 'partition by chain_no order by item_no' -%}
-- Steps 6 to 9 of C1: events of a window in order of date and id; each earns the rounded total after it less the one before (C4.3).
with clocks as (
    select fiscal_year_start_month as year_start
    from {{ ref('clocks') }}
),

credits as (
    select * from {{ ref('commission_credits') }}
),

components as (
    select * from {{ ref('int_plan_components') }}
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
        left join credits as originals
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

items as (
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
        credits.rate,
        credits.earning_factor,
        credits.whole_base,
        cast(null as {{ dbt.type_string() }}) as undoes_event_id,
        'add' as rule,
        'add' as acts
    from credits
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
        refunds.rate,
        refunds.earning_factor,
        refunds.whole_base,
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

-- Targets inside the window, for the days the payee was employed, under the plan and not on leave.
rated_windows as (
    select distinct
        items.payee_no, items.plan_id, items.plan_version, items.component_id, items.window_period,
        components.quota_measure, components.quota_proration,
        {{ period_first('items.window_period', 'clocks.year_start') }} as first_day,
        {{ plus_days(add_months(period_first('items.window_period', 'clocks.year_start'), period_months('items.window_period')), -1) }} as last_day
    from items
    inner join components
        on items.plan_id = components.plan_id
        and items.plan_version = components.plan_version
        and items.component_id = components.component_id
    cross join clocks
    where (components.rate_kind = 'attainment' or components.scale = 'attainment')
        and components.accumulate in ('month', 'quarter', 'year')
),

window_days as (
    select payee_no, plan_id, quota_proration, window_period, {{ each('day', 'first_day', 'last_day') }} as day
    from (select distinct payee_no, plan_id, quota_proration, window_period, first_day, last_day from rated_windows) as windows
),

days_there as (
    select
        window_days.payee_no, window_days.plan_id, window_days.quota_proration, window_days.window_period,
        {{ period_name('month', 'window_days.day') }} as month,
        count(*) as days,
        sum(case when
            (
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
        {{ period_name('month', 'window_days.day') }}
),

presence as (
    select
        payee_no, plan_id, quota_proration, window_period,
        cast(sum(case when quota_proration = 'whole_months' then case when days = days_there then 1 else 0 end else days_there end)
            as decimal(9, 0)) as days_there,
        cast(sum(case when quota_proration = 'whole_months' then 1 else days end) as decimal(9, 0)) as whole_days
    from days_there
    group by payee_no, plan_id, quota_proration, window_period
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
    inner join {{ ref('commission_quotas') }} as quotas
        on rated_windows.payee_no = quotas.payee_no
        and rated_windows.quota_measure = quotas.measure
        and rated_windows.first_day <= quotas.first_day
        and quotas.last_day <= rated_windows.last_day
    group by
        rated_windows.payee_no, rated_windows.plan_id, rated_windows.plan_version, rated_windows.component_id, rated_windows.window_period,
        presence.days_there, presence.whole_days
),

chains as (
    select numbered.*, {{ group_number(chain) }} as chain_no
    from (select distinct {{ chain | join(', ') }} from items) as numbered
),

-- Without a quota nothing can be rated.
ratable as (
    select
        items.*,
        chains.chain_no,
        components.rate_kind,
        components.accumulate,
        components.target_pay,
        components.slow_below,
        components.slow_x,
        targets.targets,
        targets.days_there,
        targets.whole_days,
        {{ portion('targets.targets', 'targets.days_there', 'targets.whole_days') }} as quota
    from items
    inner join components
        on items.plan_id = components.plan_id
        and items.plan_version = components.plan_version
        and items.component_id = components.component_id
    inner join chains on {{ same_keys('items', 'chains', chain) }}
    left join targets on {{ same_keys('items', 'targets', chain) }}
    where not (components.rate_kind = 'attainment' or components.scale = 'attainment')
        or (targets.targets <> 0 and targets.days_there > 0)
),

-- The counter of the window after each event.
counted as (
    select
        ratable.*,
        cast(sum(case when acts = 'return' then 0 else counted_base end) over ({{ so_far }}) as {{ exact_type() }}) as cumulative_base,
        sum(case when acts = 'add' and counted_base <> 0 then 1 else 0 end) over ({{ so_far }}) as places,
        row_number() over ({{ so_far }}) as item_no,
        max(case when acts = 'undo' then 1 else 0 end) over (partition by chain_no) as has_undone,
        min(case when acts <> 'return' then earning_factor end) over (partition by chain_no) as least_factor,
        max(case when acts <> 'return' then earning_factor end) over (partition by chain_no) as most_factor,
        min(case when acts <> 'return' then coalesce(whole_base, 0) end) over (partition by chain_no) as least_whole,
        max(case when acts <> 'return' then coalesce(whole_base, 0) end) over (partition by chain_no) as most_whole
    from ratable
),

-- What the counter earns by the table; a part payment of one transaction earns its share of what the whole earns.
valued as (
    select
        counted.*,
        case
            when counted.rate_kind = 'flat' then 'flat'
            when counted.least_factor = counted.most_factor and counted.least_whole = counted.most_whole
                and (counted.has_undone = 0 or counted.rate_kind <> 'interpolated') then 'even'
            when counted.has_undone = 0 then 'uneven'
            else 'recomputed'
        end as way,
        {{ earned_at('counted.cumulative_base', 'tiers', 'counted') }} as worth,
        {{ earned_at('counted.whole_base', 'whole_tiers', 'counted') }} as whole_worth
    from counted
    left join {{ ref('dim_plan_tiers') }} as tiers
        on counted.rate_kind <> 'flat'
        and counted.plan_id = tiers.plan_id
        and counted.plan_version = tiers.plan_version
        and counted.component_id = tiers.component_id
        and {{ in_tier('counted.cumulative_base', 'tiers', 'counted.quota') }}
    left join {{ ref('dim_plan_tiers') }} as whole_tiers
        on counted.rate_kind <> 'flat'
        and counted.whole_base is not null
        and counted.plan_id = whole_tiers.plan_id
        and counted.plan_version = whole_tiers.plan_version
        and counted.component_id = whole_tiers.component_id
        and {{ in_tier('counted.whole_base', 'whole_tiers', 'counted.quota') }}
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
        {{ 'snapshots.' ~ chain | join(', snapshots.') }},
        snapshots.item_no as snapshot_no,
        undoing.undoes_event_id,
        undoing.role,
        sum(undoing.counted_base) as undone_base
    from valued as snapshots
    inner join valued as undoing on {{ same_keys('snapshots', 'undoing', chain) }} and undoing.item_no <= snapshots.item_no
    where snapshots.way = 'recomputed' and snapshots.acts <> 'return' and undoing.acts = 'undo'
    group by {{ 'snapshots.' ~ chain | join(', snapshots.') }}, snapshots.item_no, undoing.undoes_event_id, undoing.role
),

again as (
    select
        places.*,
        snapshots.item_no as snapshot_no,
        cast(places.counted_base + coalesce(undone.undone_base, 0) as {{ exact_type() }}) as left_base
    from valued as snapshots
    inner join valued as places on {{ same_keys('snapshots', 'places', chain) }} and places.item_no <= snapshots.item_no
    left join undone
        on {{ same_keys('snapshots', 'undone', chain) }}
        and snapshots.item_no = undone.snapshot_no
        and places.event_id = undone.undoes_event_id
        and places.role = undone.role
    where snapshots.way = 'recomputed' and snapshots.acts <> 'return' and places.acts = 'add'
),

again_counted as (
    select
        again.*,
        cast(sum(left_base) over (
            partition by {{ chain | join(', ') }}, snapshot_no order by item_no rows between unbounded preceding and current row
        ) as {{ exact_type() }}) as left_to_date,
        row_number() over (partition by {{ chain | join(', ') }}, snapshot_no order by item_no) as left_place
    from again
    where left_base <> 0
),

again_valued as (
    select
        again_counted.*,
        {{ earned_at('again_counted.left_to_date', 'tiers', 'again_counted') }} as left_worth
    from again_counted
    inner join {{ ref('dim_plan_tiers') }} as tiers
        on again_counted.plan_id = tiers.plan_id
        and again_counted.plan_version = tiers.plan_version
        and again_counted.component_id = tiers.component_id
        and {{ in_tier('again_counted.left_to_date', 'tiers', 'again_counted.quota') }}
),

recomputed as (
    select {{ chain | join(', ') }}, snapshot_no, sum(part) as earned_to_date
    from (
        select
            again_valued.*,
            cast(cast(case
                when whole_base is not null then {{ portion('whole_worth', 'left_base', 'whole_base') }}
                when left_place = 1 then left_worth
                else left_worth - lag(left_worth) over (partition by {{ chain | join(', ') }}, snapshot_no order by item_no)
            end as {{ exact_type() }}) * earning_factor as {{ exact_type() }}) as part
        from again_valued
    ) as parts
    group by {{ chain | join(', ') }}, snapshot_no
),

-- Most windows are even, and need no step from event to event.
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
            when 'flat' then sum(cast(
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
    left join recomputed on {{ same_keys('stepped', 'recomputed', chain) }} and stepped.item_no = recomputed.snapshot_no
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
            partition by {{ chain | join(', ') }}, undoes_event_id, role order by item_no
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
                    partition by {{ 'valued.' ~ chain | join(', valued.') }}, valued.undoes_event_id, valued.role
                    order by valued.item_no rows between unbounded preceding and current row
                ) as {{ exact_type() }}) as returned_base
            from valued
            left join moved
                on {{ same_keys('valued', 'moved', chain) }}
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
        payee_no, plan_id, plan_version, plan_hash, component_id, window_period, month, origin_month, event_id, event_date, event_at, is_timed,
        order_key, role, rule, item_no, counted_base as base_amount, cumulative_base, earned_to_date, amount
    from moved
    union all
    select
        payee_no, plan_id, plan_version, plan_hash, component_id, window_period, month, origin_month, event_id, event_date, event_at, is_timed,
        order_key, role, rule, item_no, cast(0 as {{ exact_type() }}) as base_amount, cumulative_base,
        cast(null as {{ exact_type() }}) as earned_to_date, amount
    from returned
)

select
    payee_no,
    plan_id,
    plan_version,
    plan_hash,
    component_id,
    window_period,
    month,
    origin_month,
    event_id,
    event_date,
    order_key,
    role,
    rule,
    cast(item_no as integer) as item_no,
    cast(base_amount as decimal(38, 10)) as base_amount,
    cast(cumulative_base as decimal(38, 10)) as cumulative_base,
    cast(earned_to_date as decimal(38, 16)) as earned_to_date,
    amount
from attributed
