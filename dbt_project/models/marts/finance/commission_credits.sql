{%- set measured_in_money = "('amount_ex_tax', 'amount_incl_tax', 'gross_margin', 'mrr')" -%}
{%- set takes_back = "('recompute_origin', 'original_attribution')" -%}
{%- set attributes = ['product_line', 'product_code', 'variant', 'category', 'customer_class', 'customer_tier', 'region', 'department',
    'crm', 'method', 'tags', 'days_past_due', 'discount_rate', 'margin_rate'] -%}
{%- set day_names = ['order_date', 'delivery_date', 'invoice_date', 'bank_value_date', 'posting_date', 'bill_maturity_date', 'event_date'] -%}
{%- set never = "cast('9999-12-31' as date)" -%}
{%- set by_handover = 'partition by leaver_no, transaction_id order by begins_on' -%}
{%- set priced_on = "case when united.fx_policy = 'signed_date' then united.signing_day else united.decided_day end" -%}
{%- set always = "cast('1900-01-01' as date)" -%}
-- Steps 1 to 5 of C1: which events, net of what, in which currency, to whom, under which component.
with clocks as (
    select {{ plus_days(add_months(period_start('month', 'as_of'), 1), -1) }} as through, fiscal_year_start_month as year_start
    from {{ ref('clocks') }}
),

components as (
    select * from {{ ref('int_plan_components') }}
),

rules as (
    select * from {{ ref('int_plan_rules') }}
),

-- What other events take back.
originals as (
    select *
    from {{ ref('commission_events') }}
    where event_id in (select original_event_id from {{ ref('commission_events') }} where original_event_id is not null)
),

-- Money that is not applied, and rebates, earn nothing; a refund is read by what its original was.
sold as {{ folded() }} (
    select
        events.event_id,
        events.event_type,
        events.grain as told_at,
        events.transaction_id,
        coalesce(events.transaction_id, events.event_id) as credited_transaction_id,
        coalesce(events.transaction_id, originals.transaction_id) as split_transaction_id,
        events.original_event_id,
        originals.event_id is not null as has_original,
        coalesce(events.event_time, cast(events.event_date as timestamp)) as event_at,
        events.event_time is not null as is_timed,
        events.signed_date,
        originals.signed_date as original_signed_date,
        {%- for name in day_names %}
        events.{{ name }},
        originals.{{ name }} as original_{{ name }},
        {%- endfor %}
        {%- for name in attributes %}
        case when originals.event_id is null then events.{{ name }} else originals.{{ name }} end as {{ name }},
        {%- endfor %}
        abs(case when originals.event_id is null then events.quantity else originals.quantity end) as units_sold,
        events.currency,
        events.amount_ex_tax,
        events.amount_incl_tax,
        events.gross_margin,
        events.quantity,
        events.mrr,
        originals.amount_ex_tax as original_amount_ex_tax,
        events.transaction_total,
        events.customer_key,
        coalesce(events.owner_at_signature, originals.owner_at_signature) as owner_at_signature,
        coalesce(events.owner_at_event, originals.owner_at_event) as owner_at_event,
        coalesce(originals.owner_at_signature, events.owner_at_signature) as original_owner_at_signature,
        coalesce(originals.owner_at_event, events.owner_at_event) as original_owner_at_event
    from {{ ref('commission_events') }} as events
    left join originals on events.original_event_id = originals.event_id
    where events.event_type <> 'cash_applied' or (events.is_applied and events.is_cash and events.transaction_id is not null)
),

people as (
    select
        payee_no,
        manager_no,
        role,
        department,
        region,
        valid_from,
        least(
            coalesce(valid_to, {{ never }}),
            coalesce({{ plus_days('lead(valid_from) over (partition by payee_no order by valid_from)', -1) }}, {{ never }})
        ) as valid_to
    from {{ ref('commission_people') }}
),

left_days as (
    select payee_no, max(leave_date) as left_on
    from {{ ref('commission_people') }}
    where leave_date is not null
    group by payee_no
),

-- Assignments that touch or overlap, as one.
stretches as (
    select
        assigned.*,
        case when valid_from <= {{ plus_days('max(valid_to) over (
            partition by payee_no, plan_id order by valid_from, valid_to rows between unbounded preceding and 1 preceding
        )', 1) }} then 0 else 1 end as begins
    from (
        select distinct payee_no, plan_id, valid_from, coalesce(valid_to, cast('9999-12-30' as date)) as valid_to
        from {{ ref('commission_assignments') }}
    ) as assigned
),

assigned as (
    select payee_no, plan_id, min(valid_from) as assigned_from, max(valid_to) as assigned_to
    from (
        select
            stretches.*,
            sum(begins) over (
                partition by payee_no, plan_id order by valid_from, valid_to rows between unbounded preceding and current row
            ) as stretch_no
        from stretches
    ) as numbered
    group by payee_no, plan_id, stretch_no
),

-- Who stands above whom on which days, each once on a way up.
{{ manager_chains('people') }},

-- Shares in force between two turns of a transaction's split table.
turns as (
    select
        transaction_id,
        turn as valid_from,
        coalesce({{ plus_days('lead(turn) over (partition by transaction_id order by turn)', -1) }}, {{ never }}) as valid_to
    from (
        select transaction_id, coalesce(valid_from, {{ always }}) as turn
        from {{ ref('commission_splits') }}
        where not is_overlay
        union
        select transaction_id, {{ plus_days('valid_to', 1) }} as turn
        from {{ ref('commission_splits') }}
        where not is_overlay and valid_to is not null
    ) as days
),

wholes as (
    select turns.transaction_id, turns.valid_from, turns.valid_to, sum(splits.share) as whole
    from turns
    inner join {{ ref('commission_splits') }} as splits
        on turns.transaction_id = splits.transaction_id
        and coalesce(splits.valid_from, {{ always }}) <= turns.valid_from
        and turns.valid_from <= coalesce(splits.valid_to, {{ never }})
    where not splits.is_overlay
    group by turns.transaction_id, turns.valid_from, turns.valid_to
),

owners as {{ folded() }} (
    select
        owned.*,
        left_days.left_on as owner_left_on
    from (
        select
            sold.*,
            kinds.held_as,
            kinds.is_back,
            case
                when kinds.is_back and kinds.held_as = 'owner_at_event' then sold.original_owner_at_event
                when kinds.is_back then sold.original_owner_at_signature
                when kinds.held_as = 'owner_at_event' then sold.owner_at_event
                else sold.owner_at_signature
            end as owner_no
        from sold
        inner join (
            select primary_owner as held_as, false as is_back from components
            union
            select primary_owner as held_as, true as is_back from components where refund_mode in {{ takes_back }}
        ) as kinds on sold.has_original or not kinds.is_back
    ) as owned
    left join left_days on owned.owner_no = left_days.payee_no
    where owned.owner_no is not null
),

-- Who takes over from which day to which, the first also of what came before it; where two begin on one day, the smaller number.
handed as (
    select
        leaver_no,
        transaction_id,
        successor_no,
        case when lag(begins_on) over ({{ by_handover }}) is null then {{ always }} else begins_on end as handed_from,
        least(ends_on, coalesce({{ plus_days('lead(begins_on) over (' ~ by_handover ~ ')', -1) }}, {{ never }})) as handed_to
    from (
        select
            leaver_no,
            transaction_id,
            successor_no,
            coalesce(valid_from, {{ always }}) as begins_on,
            coalesce(valid_to, {{ never }}) as ends_on,
            row_number() over (partition by leaver_no, transaction_id, coalesce(valid_from, {{ always }}) order by successor_no) as place
        from {{ ref('commission_handovers') }}
    ) as told
    where place = 1
),

-- For one transaction before for all.
successors as (
    select owners.event_id, owners.held_as, owners.is_back, handed.successor_no, handed.handed_from, handed.handed_to
    from owners
    inner join handed
        on owners.owner_no = handed.leaver_no
        and (handed.transaction_id is null or handed.transaction_id = owners.transaction_id)
    left join (select distinct leaver_no, transaction_id from handed) as named
        on owners.owner_no = named.leaver_no
        and owners.transaction_id = named.transaction_id
    where owners.owner_left_on is not null and (handed.transaction_id is not null or named.leaver_no is null)
),

overlaid as (
    select distinct
        rules.*,
        coalesce(rules.payee_no, people.payee_no) as overlay_payee_no,
        case when rules.payee_no is null then people.valid_from else {{ always }} end as overlay_from,
        case when rules.payee_no is null then people.valid_to else {{ never }} end as overlay_to,
        components.event as overlay_event
    from rules
    inner join components
        on rules.plan_id = components.plan_id
        and rules.plan_version = components.plan_version
        and rules.component_id = components.component_id
    left join people on rules.role = people.role
    where rules.kind = 'overlay' and components.override_levels is null
),

overlays as (
    select count(*) > 0 as are_in_plans
    from overlaid
),

-- Who may be reached twice by one event of the transaction, and whether it has several holders.
split_shares as (
    select
        splits.*,
        count(*) over (partition by splits.transaction_id, splits.payee_no, splits.is_overlay) > 1
            or (splits.is_overlay and overlays.are_in_plans) as is_twice,
        not splits.is_overlay and count(*) over (partition by splits.transaction_id, splits.is_overlay) > 1 as is_among_others
    from {{ ref('commission_splits') }} as splits
    cross join overlays
),

held as {{ folded() }} (
    select
        owners.*,
        owners.owner_no as person_no,
        false as is_successor,
        cast(1 as {{ share_type() }}) as held_share,
        {{ always }} as held_from,
        {{ never }} as held_to,
        cast(null as date) as split_decided_on,
        false as is_twice,
        false as is_among_others
    from owners
    union all
    select
        owners.*,
        successors.successor_no as person_no,
        true as is_successor,
        cast(1 as {{ share_type() }}) as held_share,
        successors.handed_from as held_from,
        successors.handed_to as held_to,
        cast(null as date) as split_decided_on,
        false as is_twice,
        false as is_among_others
    from owners
    inner join successors
        on owners.event_id = successors.event_id
        and owners.held_as = successors.held_as
        and owners.is_back = successors.is_back
    union all
    select
        sold.*,
        case when splits.is_overlay then 'overlay' else 'split' end as held_as,
        cast(null as boolean) as is_back,
        splits.payee_no as owner_no,
        cast(null as date) as owner_left_on,
        splits.payee_no as person_no,
        false as is_successor,
        cast(splits.share as {{ share_type() }}) as held_share,
        coalesce(splits.valid_from, {{ always }}) as held_from,
        coalesce(splits.valid_to, {{ never }}) as held_to,
        splits.decided_on as split_decided_on,
        splits.is_twice,
        splits.is_among_others
    from sold
    inner join split_shares as splits on sold.split_transaction_id = splits.transaction_id
),

-- The ways from a person to who is paid: oneself, and everybody above on some days.
ways as (
    select distinct payee_no as reached_by, payee_no as reaches, 0 as level, {{ always }} as way_from, {{ never }} as way_to
    from {{ ref('commission_assignments') }}
    union all
    select payee_no as reached_by, manager_no as reaches, level, valid_from as way_from, valid_to as way_to
    from managers
),

-- And under which components. Kept apart from the events by its distinct: planned as one join, engines meet every event with every
-- component first.
routes as (
    select distinct
        ways.*,
        components.*,
        assigned.assigned_from,
        assigned.assigned_to,
        left_days.left_on as payee_left_on
    from ways
    inner join assigned on ways.reaches = assigned.payee_no
    inner join components
        on assigned.plan_id = components.plan_id
        and (ways.level = 0) = (components.override_levels is null)
        and (ways.level = 0 or components.override_levels = 0 or ways.level <= components.override_levels)
    left join left_days on ways.reaches = left_days.payee_no
),

reached as {{ folded() }} (
    select
        held.*,
        routes.*,
        greatest(held.held_from, routes.way_from) as reached_from,
        least(held.held_to, routes.way_to) as reached_to
    from held
    inner join routes on held.person_no = routes.reached_by and held.event_type = routes.event
    where (routes.level = 0 or held.held_as <> 'overlay')
        and case held.held_as
            when 'overlay' then true
            when 'split' then routes.splits = 'split_table'
            else held.held_as = routes.primary_owner
                and held.is_back = coalesce(held.has_original and routes.refund_mode in {{ takes_back }}, false)
        end
    union all
    select
        sold.*,
        'plan_overlay' as held_as,
        cast(null as boolean) as is_back,
        overlaid.overlay_payee_no as owner_no,
        cast(null as date) as owner_left_on,
        overlaid.overlay_payee_no as person_no,
        false as is_successor,
        overlaid.share as held_share,
        overlaid.overlay_from as held_from,
        overlaid.overlay_to as held_to,
        cast(null as date) as split_decided_on,
        true as is_twice,
        false as is_among_others,
        routes.*,
        overlaid.overlay_from as reached_from,
        overlaid.overlay_to as reached_to
    from sold
    inner join overlaid on sold.event_type = overlaid.overlay_event and {{ passes('overlaid', 'sold') }}
    inner join routes
        on overlaid.overlay_payee_no = routes.reached_by
        and routes.level = 0
        and overlaid.plan_id = routes.plan_id
        and overlaid.plan_version = routes.plan_version
        and overlaid.component_id = routes.component_id
),

dated as {{ folded() }} (
    select
        reached.*,
        reached.reaches as payee_no,
        {{ basis_day('reached', 'reached') }} as credit_day,
        case when reached.has_original then {{ basis_day('reached', 'reached', 'original_') }} end as original_day,
        coalesce(reached.has_original and reached.refund_mode in {{ takes_back }}, false) as takes_back
    from reached
    where reached.told_at in ('any', reached.grain)
        and {{ passes('reached', 'reached') }}
),

-- What takes back answers to the version, the holders and the rate of its original's day; a credit of its own to its own day.
versioned as {{ folded() }} (
    select
        days.*,
        case when days.plan_version_by = 'signed_date' then days.signing_day else days.decided_day end as version_day
    from (
        select
            dated.*,
            case when dated.takes_back then dated.original_day else dated.credit_day end as decided_day,
            coalesce(
                dated.signed_date, dated.original_signed_date, case when dated.takes_back then dated.original_day else dated.credit_day end
            ) as signing_day
        from dated
    ) as days
),

shared as {{ folded() }} (
    select versioned.*
    from versioned
    left join wholes
        on versioned.split_transaction_id = wholes.transaction_id
        and versioned.decided_day between wholes.valid_from and wholes.valid_to
    left join people
        on case when versioned.eligible_employment is not null then versioned.payee_no end = people.payee_no
        and versioned.decided_day between people.valid_from and people.valid_to
    where versioned.credit_day <= (select through from clocks)
        and versioned.version_day between versioned.plan_valid_from and versioned.plan_valid_to
        and versioned.version_day between versioned.assigned_from and versioned.assigned_to
        and versioned.decided_day between versioned.reached_from and versioned.reached_to
        and case
            when versioned.held_as = 'split' then wholes.whole = 1
            when versioned.held_as in ('overlay', 'plan_overlay') then true
            when versioned.splits = 'split_table' and wholes.transaction_id is not null then false
            when versioned.leaver_pending is not null
                and versioned.decided_day > {{ plus_days('versioned.owner_left_on', 'versioned.leaver_grace_days') }}
                then versioned.is_successor and versioned.leaver_pending = 'new_owner'
            else not versioned.is_successor
        end
        and (versioned.eligible_employment is null or (
            people.payee_no is not null
            and (versioned.eligible_role is null or instr(versioned.eligible_role, '|' || people.role || '|') > 0)
            and (versioned.eligible_department is null or instr(versioned.eligible_department, '|' || people.department || '|') > 0)
            and (versioned.eligible_region is null or instr(versioned.eligible_region, '|' || people.region || '|') > 0)
            and (
                versioned.eligible_employment = 'any'
                or versioned.payee_left_on is null
                or versioned.decided_day <= {{ plus_days('versioned.payee_left_on', 'coalesce(versioned.leaver_grace_days, 0)') }}
            )
        ))
),

-- One credit per event, payee, component and role: a manager of two who share an event, or a payee of two overlays, is credited once.
roled as {{ folded() }} (
    select
        shared.*,
        case
            when level > 0 then 'override'
            when held_as in ('overlay', 'plan_overlay') then 'overlay'
            when held_as = 'split' then 'split'
            else 'primary'
        end as role
    from shared
),

united as {{ folded() }} (
    select roled.*, held_share as share, 1 as place
    from roled
    where not (case when level = 0 then is_twice else is_among_others end)
    union all
    select
        roled.*,
        cast(sum(held_share) over (partition by event_id, payee_no, plan_id, plan_version, component_id, role) as {{ share_type() }}) as share,
        row_number() over (
            partition by event_id, payee_no, plan_id, plan_version, component_id, role order by level, person_no, held_from
        ) as place
    from roled
    where (is_twice or is_among_others) and case when level = 0 then is_twice else is_among_others end
),

-- A rate holds until the next; each stands once in every month in which it does, so that a day is looked up among its month's.
rates as (
    select
        known.rate_type,
        known.currency,
        known.rate,
        known.rate_date,
        known.until,
        {{ each('month', period_start('month', 'known.rate_date'), 'least(known.until, lasts.last_day)') }} as month
    from (
        select
            stated.*,
            coalesce({{ plus_days('lead(rate_date) over (partition by rate_type, currency order by rate_date)', -1) }}, {{ never }}) as until
        from (
            select rate_type, currency, rate_date, max(rate) as rate
            from {{ ref('commission_fx_rates') }}
            group by rate_type, currency, rate_date
            union all
            select '*' as rate_type, currency, rate_date, max(rate) as rate
            from {{ ref('commission_fx_rates') }}
            group by currency, rate_date
        ) as stated
    ) as known
    cross join (
        select greatest(max(clocks.through), max(events.signed_date){% for name in day_names %}, max(events.{{ name }}){% endfor %}) as last_day
        from {{ ref('commission_events') }} as events
        cross join clocks
    ) as lasts
    where known.rate_date <= lasts.last_day
),

averages as (
    select rate_type, currency, {{ period_start('month', 'rate_date') }} as month, sum(rate) as rates, count(*) as days
    from (
        select rate_type, currency, rate_date, rate from {{ ref('commission_fx_rates') }}
        union all
        select '*' as rate_type, currency, rate_date, rate from {{ ref('commission_fx_rates') }}
    ) as known
    group by rate_type, currency, {{ period_start('month', 'rate_date') }}
),

-- Tax out and currency in; nothing is rounded but the digits no column can hold.
priced as {{ folded() }} (
    select
        united.*,
        case
            when not (united.currency <> united.plan_currency and united.measure in {{ measured_in_money }})
                then cast(1 as decimal(16, 10))
            when united.fx_policy = 'month_average'
                then cast({{ portion('averages.rates', 'cast(1 as decimal(18, 0))', 'averages.days') }} as decimal(16, 10))
            else cast(rates.rate as decimal(16, 10))
        end as fx_rate,
        case
            when united.fx_policy = 'month_average' then
                {{ plus_days(add_months(period_start('month', 'united.decided_day'), 1), -1) }}
            else rates.rate_date
        end as rate_day,
        cast(case united.measure
            when 'amount_ex_tax' then united.amount_ex_tax
            when 'amount_incl_tax' then united.amount_incl_tax
            when 'gross_margin' then united.gross_margin
            when 'quantity' then united.quantity
            when 'mrr' then united.mrr
            when 'count' then case
                when not united.has_original then case when united.amount_ex_tax >= 0 then 1 else -1 end
                when abs(united.amount_ex_tax) >= abs(united.original_amount_ex_tax) then -1
                else 0
            end
        end as decimal(20, 10)) as measured
    from united
    left join rates
        on case when united.currency <> united.plan_currency then united.currency end = rates.currency
        and coalesce(united.fx_type, '*') = rates.rate_type
        and case when united.currency <> united.plan_currency then {{ period_start('month', priced_on) }} end = rates.month
        and {{ priced_on }} between rates.rate_date and rates.until
    left join averages
        on case when united.fx_policy = 'month_average' and united.currency <> united.plan_currency then united.currency end = averages.currency
        and coalesce(united.fx_type, '*') = averages.rate_type
        and case when united.fx_policy = 'month_average' then {{ period_start('month', 'united.decided_day') }} end = averages.month
    where united.place = 1
),

factors as (
    select
        multiplied.event_id,
        multiplied.plan_id,
        multiplied.plan_version,
        multiplied.component_id,
        coalesce({{ product_of("case when rules.acts_on = 'credit' then rules.x else cast(1 as " ~ factor_type() ~ ") end") }}, cast(1 as {{ factor_type() }})) as on_credit,
        coalesce({{ product_of("case when rules.acts_on = 'earning' then rules.x else cast(1 as " ~ factor_type() ~ ") end") }}, cast(1 as {{ factor_type() }})) as on_earning
    from (
        select distinct
            event_id, plan_id, plan_version, component_id, units_sold,
            {{ attributes | join(', ') }}
        from dated
        where multipliers > 0
    ) as multiplied
    inner join rules
        on multiplied.plan_id = rules.plan_id
        and multiplied.plan_version = rules.plan_version
        and multiplied.component_id = rules.component_id
    where rules.kind = 'multiplier'
        and {{ passes('rules', 'multiplied') }}
        and (rules.read_by is null or (
            ({{ event_figure('multiplied', 'rules.read_by') }} > rules.above or rules.above is null)
            and ({{ event_figure('multiplied', 'rules.read_by') }} <= rules.up_to or rules.up_to is null)
        ))
    group by multiplied.event_id, multiplied.plan_id, multiplied.plan_version, multiplied.component_id
),

{%- set table_rates = ['variant', 'product', 'category'] %}

rated as {{ folded() }} (
    select
        priced.*,
        coalesce(factors.on_credit, cast(1 as {{ factor_type() }})) as factor,
        coalesce(factors.on_earning, cast(1 as {{ factor_type() }})) as earning_factor,
        case when priced.rate_kind = 'flat' then coalesce(
            {%- for level in table_rates %}
            by_{{ level }}.rate,
            {%- endfor %}
            case when priced.flat_by is null then priced.flat_rate else by_figure.rate end,
            cast(0 as {{ rate_type() }})
        ) end as rate,
        case
            when priced.original_event_id is null or priced.refund_mode is null or priced.refund_days is null then cast(1 as decimal(18, 0))
            when {{ days_between('coalesce(priced.original_day, priced.credit_day)', 'priced.credit_day') }} > priced.refund_days then 0
            when priced.refund_share = 'prorated' then case when priced.refund_days = 0 then 0 else priced.refund_days
                - {{ days_between('coalesce(priced.original_day, priced.credit_day)', 'priced.credit_day') }} end
            when priced.refund_share = 'half_after_half'
                and 2 * {{ days_between('coalesce(priced.original_day, priced.credit_day)', 'priced.credit_day') }} > priced.refund_days then 1
            else case when priced.refund_share = 'half_after_half' then 2 else 1 end
        end as at_risk,
        case
            when priced.original_event_id is null or priced.refund_mode is null or priced.refund_days is null then cast(1 as decimal(18, 0))
            when priced.refund_share = 'prorated' then case when priced.refund_days = 0 then 1 else priced.refund_days end
            when priced.refund_share = 'half_after_half' then 2
            else 1
        end as at_risk_of
    from priced
    left join factors
        on case when priced.multipliers > 0 then priced.event_id end = factors.event_id
        and priced.plan_id = factors.plan_id
        and priced.plan_version = factors.plan_version
        and priced.component_id = factors.component_id
    {%- for level in table_rates %}
    left join {{ ref('dim_plan_tiers') }} as by_{{ level }}
        on case when priced.product_rates > 0 then priced.plan_id end = by_{{ level }}.plan_id
        and priced.plan_version = by_{{ level }}.plan_version
        and priced.component_id = by_{{ level }}.component_id
        and by_{{ level }}.read_by = '{{ level }}'
        and by_{{ level }}.code = priced.{{ level if level != 'product' else 'product_code' }}
    {%- endfor %}
    left join {{ ref('dim_plan_tiers') }} as by_figure
        on case when priced.flat_by is not null then priced.plan_id end = by_figure.plan_id
        and priced.plan_version = by_figure.plan_version
        and priced.component_id = by_figure.component_id
        and by_figure.read_by = priced.flat_by
        and ({{ event_figure('priced', 'priced.flat_by') }} > by_figure.tier_from or by_figure.tier_from is null)
        and ({{ event_figure('priced', 'priced.flat_by') }} <= by_figure.tier_to or by_figure.tier_to is null)
    where priced.fx_rate is not null
),

-- Products of 128 bits take engines a hundred times as long as those of 64, so what fits is multiplied there: up to a hundred million,
-- rates and shares of four places. What does not is null here and multiplied in full below.
small as {{ folded() }} (
    select
        rated.*,
        try_cast(rated.measured as {{ small_type() }}) as small_measured,
        try_cast(rated.fx_rate as decimal(6, 4)) as small_rate,
        try_cast(rated.share as decimal(4, 4)) as small_share
    from rated
),

small_in_currency as {{ folded() }} (
    select
        small.*,
        case
            when fx_rate = 1 then small_measured
            when try_cast(small_measured as decimal(12, 4)) = small_measured and small_rate = fx_rate
                then try_cast(try_cast(small_measured as decimal(12, 4)) * small_rate as {{ small_type() }})
        end as small_amount
    from small
),

small_shared as {{ folded() }} (
    select
        small_in_currency.*,
        case
            when factor <> 1 then null
            when share = 1 then small_amount
            when try_cast(small_amount as decimal(14, 6)) = small_amount and small_share = share
                then cast(try_cast(small_amount as decimal(14, 6)) * small_share as {{ small_type() }})
        end as small_base
    from small_in_currency
),

based as {{ folded() }} (
    select
        small_shared.*,
        case
            when small_base is not null then cast(small_base as {{ exact_type() }})
            else cast(
                cast(
                    cast(measured * fx_rate as {{ exact_type() }}) * share as {{ exact_type() }}
                ) * factor as {{ exact_type() }}
            )
        end as exact_base
    from small_shared
),

-- Days by their periods' names; a day that is not here is named on the spot.
days as (
    select
        spine.day,
        {{ period_name('month', 'spine.day') }} as month,
        {%- for kind in ['month', 'quarter', 'year'] %}
        {{ fiscal_period("'" ~ kind ~ "'", 'spine.day', 'spine.year_start') }} as {{ kind }}_window{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            clocks.year_start,
            {{ each('day', add_months('clocks.through', -60), 'clocks.through') }} as day
        from clocks
    ) as spine
)

select
    based.event_id,
    based.payee_no,
    based.component_id,
    based.plan_id,
    based.plan_version,
    based.plan_hash,
    based.role,
    based.held_as as path,
    based.credit_day as event_date,
    coalesce(days.month, {{ period_name('month', 'based.credit_day') }}) as month,
    case based.accumulate
        when 'plan' then 'plan'
        when 'transaction' then based.credited_transaction_id
        else coalesce(
            case based.accumulate when 'month' then days.month_window when 'quarter' then days.quarter_window else days.year_window end,
            {{ fiscal_period('based.accumulate', 'based.credit_day', 'clocks.year_start') }}
        )
    end as window_period,
    based.credited_transaction_id as order_key,
    case when based.event_type = 'cash_applied' then {{ dbt.split_part('based.event_id', "':'", 1) }} end as payment_key,
    based.customer_key,
    based.original_event_id,
    based.refund_mode,
    based.share,
    based.measured,
    based.fx_rate,
    case when based.fx_rate <> 1 or based.currency <> based.plan_currency then based.rate_day end as fx_date,
    based.factor,
    case when based.small_base is not null then cast(based.small_base as decimal(38, 10)) else cast(based.exact_base as decimal(38, 10)) end as base_amount,
    based.exact_base,
    -- of a refund: the part of it that may still be taken back
    case
        when based.at_risk = based.at_risk_of then based.exact_base
        when based.at_risk = 0 then cast(0 as {{ exact_type() }})
        else {{ portion('based.exact_base', 'based.at_risk', 'based.at_risk_of') }}
    end as counted_base,
    based.at_risk > 0 as is_at_risk,
    based.rate,
    based.earning_factor,
    case when based.accumulate = 'transaction' and based.transaction_total <> 0 and based.measured <> 0 then cast(
        cast(
            cast(cast(case
                when based.measure = 'amount_ex_tax' then based.transaction_total
                when based.measure <> 'count' then {{ portion('based.measured', 'based.transaction_total', 'based.amount_ex_tax') }}
            end as decimal(20, 10)) * based.fx_rate as {{ exact_type() }}) * based.share as {{ exact_type() }}
        ) * based.factor as {{ exact_type() }}
    ) end as whole_base,
    based.event_at,
    based.is_timed,
    based.split_decided_on
from based
cross join clocks
left join days on based.credit_day = days.day
