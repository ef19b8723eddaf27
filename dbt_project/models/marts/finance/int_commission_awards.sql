{{ config(schema='intermediate', contract={'enforced': false}) }}
{%- set never = "cast('9999-12-31' as date)" -%}
{%- set always = "cast('1900-01-01' as date)" -%}
{%- set money = 'decimal(18, 2)' -%}
{#- One prize with one budget, whichever version pays it: the same id from the same day. -#}
{%- set spiff = ['plan_id', 'spiff_id', 'first_day'] -%}
{%- set rounds = 3 -%}
-- Step 12 of C1: SPIFFs until the budget is spent, champions with their gates and ties, pools by share and days, penalties on paper.
with clocks as (
    select {{ period_name('month', 'as_of') }} as through, fiscal_year_start_month as year_start
    from {{ ref('clocks') }}
),

rules as (
    select * from {{ ref('int_plan_rules') }}
),

assigned as (
    select distinct payee_no, plan_id, valid_from, coalesce(valid_to, {{ never }}) as valid_to
    from {{ ref('commission_assignments') }}
),

-- Every event a prize is read by, on the day the plain date basis of its kind names.
told as (
    select
        events.*,
        case events.event_type
            when 'signed' then coalesce(events.order_date, events.event_date)
            when 'delivered' then coalesce(events.delivery_date, events.event_date)
            when 'invoiced' then coalesce(events.invoice_date, events.event_date)
            else coalesce(events.bill_maturity_date, events.bank_value_date, events.event_date)
        end as day,
        coalesce(events.event_time, cast(events.event_date as timestamp)) as event_at,
        events.event_time is not null as is_timed
    from {{ ref('commission_events') }} as events
    where events.event_type <> 'cash_applied' or (events.is_applied and events.is_cash and events.transaction_id is not null)
),

prized as (
    select
        rules.plan_id,
        rules.plan_version,
        rules.plan_hash,
        rules.component_id as spiff_id,
        rules.first_day,
        rules.name,
        rules.per,
        rules.budget,
        told.event_id,
        told.transaction_id,
        told.owner_at_signature,
        told.day,
        originals.event_id as returned_event_id,
        case when originals.event_id is null
            then {{ period_name('month', 'told.day') }}
            else {{ period_name('month', basis_of_type('originals')) }}
        end as origin_month,
        row_number() over (
            partition by rules.plan_id, rules.component_id, rules.first_day
            order by told.day, told.event_at, told.is_timed, told.event_id, rules.plan_version
        ) as event_no,
        abs(case when rules.per = 'unit' then told.quantity else told.amount_ex_tax end) as size,
        abs(case when rules.per = 'unit' then originals.quantity else originals.amount_ex_tax end) as original_size,
        case
            when originals.event_id is not null then cast(0 as {{ money }})
            when rules.per = 'unit' then {{ cents('rules.amount * cast(told.quantity as decimal(14, 6))') }}
            else rules.amount
        end as due
    from rules
    inner join told on rules.event = told.event_type and told.grain in ('any', rules.grain)
    left join {{ ref('commission_events') }} as originals on told.original_event_id = originals.event_id
    where rules.kind = 'spiff'
        and (
            originals.event_id is not null
            or (
                told.day between rules.valid_from and rules.valid_to
                and told.day between rules.first_day and rules.last_day
                and {{ passes('rules', 'told') }}
                and case when rules.per = 'unit' then told.quantity else told.amount_ex_tax end > 0
            )
        )
),

-- Who is credited with a sale: splits of the day, else the owner; if under the plan.
shares as (
    select
        weighted.*,
        sum(weight) over (partition by {{ spiff | join(', ') }}, event_id) as whole
    from (
        select
            prized.plan_id, prized.plan_version, prized.spiff_id, prized.first_day, prized.event_id, prized.event_no, prized.due, prized.budget,
            coalesce(splits.payee_no, prized.owner_at_signature) as payee_no,
            sum({{ ten_place_units('coalesce(splits.share, 1)') }}) as weight
        from prized
        left join {{ ref('commission_splits') }} as splits
            on prized.transaction_id = splits.transaction_id
            and not splits.is_overlay
            and prized.day between coalesce(splits.valid_from, {{ always }}) and coalesce(splits.valid_to, {{ never }})
        where prized.returned_event_id is null
            and exists (
                select 1
                from assigned
                where assigned.payee_no = coalesce(splits.payee_no, prized.owner_at_signature)
                    and assigned.plan_id = prized.plan_id
                    and prized.day between assigned.valid_from and assigned.valid_to
            )
        group by
            prized.plan_id, prized.plan_version, prized.spiff_id, prized.first_day, prized.event_id, prized.event_no, prized.due, prized.budget,
            coalesce(splits.payee_no, prized.owner_at_signature)
    ) as weighted
),

-- What each return takes back of its sale, running total first, once its sale was given something.
returns as (
    select
        backs.*,
        least(original_size, back_to_date) as taken_after,
        least(original_size, back_to_date - size) as taken_before
    from (
        select
            prized.*,
            sales.event_id is not null as is_known,
            sum(prized.size) over (
                partition by prized.plan_id, prized.spiff_id, prized.first_day, prized.returned_event_id
                order by prized.event_no rows between unbounded preceding and current row
            ) as back_to_date
        from prized
        inner join (select distinct {{ spiff | join(', ') }}, plan_version, event_id, event_no from shares) as sales
            on {{ same_keys('prized', 'sales', spiff + ['plan_version']) }}
            and prized.returned_event_id = sales.event_id
            and sales.event_no < prized.event_no
        where prized.original_size <> 0
    ) as backs
),

given_0 as (
    select distinct {{ spiff | join(', ') }}, event_id, event_no, budget, due as given
    from shares
),
{#- A cut sale gives back less, which frees less: each round knows the sales as the round before it left them. A budget that only rises
    from version to version binds sales, not returns. -#}
{% for round in range(1, rounds + 1) %}
parts_{{ round - 1 }} as (
    {{ largest_remainder_of(
        'select shares.*, given.given as total from shares inner join given_' ~ (round - 1) ~ ' as given on '
        ~ same_keys('shares', 'given', spiff + ['event_id']),
        spiff + ['event_id']
    ) }}
),

backs_{{ round - 1 }} as (
    select
        {{ 'returns.' ~ spiff | join(', returns.') }}, returns.event_id, returns.event_no, parts.payee_no,
        {{ cents(portion('parts.part', 'returns.taken_after', 'returns.original_size')) }}
            - {{ cents(portion('parts.part', 'returns.taken_before', 'returns.original_size')) }} as back
    from returns
    inner join parts_{{ round - 1 }} as parts on {{ same_keys('returns', 'parts', spiff) }} and returns.returned_event_id = parts.event_id
),

spent_{{ round }} as (
    select
        summed.*,
        moved_to_date - greatest(0, max(moved_to_date - budget) over (
            partition by {{ spiff | join(', ') }} order by event_no rows between unbounded preceding and current row
        )) as spent
    from (
        select
            moves.*,
            sum(move) over (
                partition by {{ spiff | join(', ') }} order by event_no rows between unbounded preceding and current row
            ) as moved_to_date
        from (
            select {{ spiff | join(', ') }}, event_id, event_no, budget, given as move from given_0
            union all
            select {{ spiff | join(', ') }}, event_id, event_no, cast(null as {{ money }}) as budget, -sum(back) as move
            from backs_{{ round - 1 }}
            group by {{ spiff | join(', ') }}, event_id, event_no
        ) as moves
    ) as summed
),

given_{{ round }} as (
    select spent_{{ round }}_steps.*
    from (
        select
            {{ spiff | join(', ') }}, event_id, event_no, budget, move,
            cast(case when budget is null then move else spent - coalesce(lag(spent) over (
                partition by {{ spiff | join(', ') }} order by event_no
            ), 0) end as {{ money }}) as given
        from spent_{{ round }}
    ) as spent_{{ round }}_steps
    where move >= 0
),
{% endfor %}
spiff_parts as (
    {{ largest_remainder_of(
        'select shares.*, given.given as total from shares inner join given_' ~ rounds ~ ' as given on '
        ~ same_keys('shares', 'given', spiff + ['event_id']),
        spiff + ['event_id']
    ) }}
),

spiff_lines as (
    select {{ spiff | join(', ') }}, plan_version, event_id, payee_no, part as amount from spiff_parts
    union all
    select
        {{ 'returns.' ~ spiff | join(', returns.') }}, returns.plan_version, returns.event_id, parts.payee_no,
        {{ cents(portion('parts.part', 'returns.taken_before', 'returns.original_size')) }}
            - {{ cents(portion('parts.part', 'returns.taken_after', 'returns.original_size')) }} as amount
    from returns
    inner join spiff_parts as parts on {{ same_keys('returns', 'parts', spiff) }} and returns.returned_event_id = parts.event_id
),

periods as (
    select
        names.period,
        {{ period_first('names.period', 'clocks.year_start') }} as first_day,
        {{ plus_days(add_months(period_first('names.period', 'clocks.year_start'), period_months('names.period')), -1) }} as last_day,
        case {{ period_months('names.period') }} when 1 then 'month' when 3 then 'quarter' else 'year' end as length
    from (
        select period from {{ ref('commission_figures') }}
        union
        select period from {{ ref('commission_pool_members') }}
    ) as names
    cross join clocks
),

-- The version that awards a period: the one in force on its last day, else, where the plan ends inside, on its first.
awarding as (
    select
        rules.plan_id,
        rules.plan_version,
        periods.period,
        periods.length,
        periods.first_day,
        periods.last_day,
        row_number() over (
            partition by rules.plan_id, periods.period
            order by case when periods.last_day between rules.valid_from and rules.valid_to then 0 else 1 end, rules.plan_version desc
        ) as place
    from rules
    inner join periods
        on periods.first_day between rules.valid_from and rules.valid_to
        or periods.last_day between rules.valid_from and rules.valid_to
    where rules.kind = 'plan'
),

champions as (
    select
        rules.*,
        periods.period,
        periods.first_day as period_from,
        periods.last_day as period_to,
        cast(extract(year from periods.last_day) as integer) * 12 + cast(extract(month from periods.last_day) as integer) as month_no,
        coalesce(rules.repeat_after_months + 1, 0) as waits
    from rules
    inner join awarding as periods
        on rules.plan_id = periods.plan_id
        and rules.plan_version = periods.plan_version
        and periods.length = case rules.component_id when 'monthly_champion' then 'month' when 'quarterly_champion' then 'quarter' else 'year' end
    where rules.kind = 'champion' and periods.place = 1
),

figures as (
    select payee_no, period, name, max(value) as value, max(reached_on) as reached_on
    from {{ ref('commission_figures') }}
    group by payee_no, period, name
),

literals as (
    select
        figured.payee_no, figured.period, rules.plan_id, rules.plan_version, rules.component_id, rules.kind, rules.term_no, rules.literals,
        rules.sign,
        coalesce(rules.left_value, lefts.value) as left_value,
        coalesce(rules.right_value, rights.value) as right_value
    from (select distinct payee_no, period from figures) as figured
    cross join rules
    left join figures as lefts
        on figured.payee_no = lefts.payee_no and figured.period = lefts.period and rules.left_name = lefts.name
    left join figures as rights
        on figured.payee_no = rights.payee_no and figured.period = rights.period and rules.right_name = rights.name
    inner join champions
        on rules.plan_id = champions.plan_id
        and rules.plan_version = champions.plan_version
        and rules.component_id = champions.component_id
        and figured.period = champions.period
    where rules.kind like 'champion_gate_%'
),

passed as (
    select payee_no, period, plan_id, plan_version, component_id, count(distinct kind) as gates_passed
    from (
        select payee_no, period, plan_id, plan_version, component_id, kind, term_no
        from literals
        where {{ compared('left_value', 'sign', 'right_value') }}
        group by payee_no, period, plan_id, plan_version, component_id, kind, term_no, literals
        having count(*) = literals
    ) as ways
    group by payee_no, period, plan_id, plan_version, component_id
),

fielded as (
    select
        champions.plan_id, champions.plan_version, champions.plan_hash, champions.component_id, champions.period, champions.period_from,
        champions.month_no, champions.waits, champions.prize, champions.splits_ties, champions.exclude_winners_of,
        ranked.payee_no,
        ranked.value,
        {%- for place in range(1, 5) %}
        case champions.tie_{{ place }}
            when 'earlier_date' then cast(-{{ days_between("cast('1970-01-01' as date)", 'ranked.reached_on') }} as decimal(38, 10))
            else tie_{{ place }}.value
        end as tie_{{ place }}{{ ',' if not loop.last }}
        {%- endfor %}
    from champions
    inner join figures as ranked on champions.period = ranked.period and champions.rank_by = ranked.name
    {%- for place in range(1, 5) %}
    left join figures as tie_{{ place }}
        on champions.period = tie_{{ place }}.period
        and ranked.payee_no = tie_{{ place }}.payee_no
        and champions.tie_{{ place }} = tie_{{ place }}.name
    {%- endfor %}
    left join passed
        on champions.plan_id = passed.plan_id
        and champions.plan_version = passed.plan_version
        and champions.component_id = passed.component_id
        and champions.period = passed.period
        and ranked.payee_no = passed.payee_no
    where coalesce(passed.gates_passed, 0) = champions.gates
        and exists (
            select 1
            from assigned
            where assigned.payee_no = ranked.payee_no
                and assigned.plan_id = champions.plan_id
                and assigned.valid_from <= champions.period_to
                and champions.period_from <= assigned.valid_to
        )
),
{#- Monthly before quarterly before yearly: a longer prize may exclude who won a shorter one. -#}
{%- set kinds = ['monthly_champion', 'quarterly_champion', 'yearly_champion'] %}
{%- for kind in kinds %}

won_{{ kind }} as (
    select
        won.*,
        champions.plan_version,
        champions.plan_hash,
        champions.prize,
        champions.splits_ties,
        count(*) over (partition by won.plan_id, won.period) as winners,
        row_number() over (partition by won.plan_id, won.period order by won.payee_no) as place
    from (
        select
            plan_id, component_id, winner.payee_no as payee_no, winner.month_no as month_no, winner.period as period
        from (
            select plan_id, component_id, {{ first_come_winners('entrants') }} as winners
            from (
                select
                    fielded.*,
                    dense_rank() over (
                        partition by plan_id, period
                        order by value desc{% for place in range(1, 5) %}, tie_{{ place }} desc nulls last{% endfor %}
                    ) as group_no
                from fielded
                where component_id = '{{ kind }}'
                    {%- for other in kinds[:loop.index0] %}
                    and not exists (
                        select 1
                        from won_{{ other }} as others
                        where others.plan_id = fielded.plan_id
                            and others.payee_no = fielded.payee_no
                            and instr(fielded.exclude_winners_of, '|{{ other }}|') > 0
                            and (others.winners = 1 or others.splits_ties)
                            and others.month_no between cast(extract(year from fielded.period_from) as integer) * 12
                                + cast(extract(month from fielded.period_from) as integer) and fielded.month_no
                    )
                    {%- endfor %}
            ) as entrants
            group by plan_id, component_id
        ) as folded
        {{ unfolded('winners', 'winner') }}
    ) as won
    inner join champions
        on won.plan_id = champions.plan_id and won.component_id = champions.component_id and won.period = champions.period
),
{%- endfor %}

champion_lines as (
    {%- for kind in kinds %}
    select
        plan_id, plan_version, plan_hash, component_id, payee_no, period, place, winners, prize
    from won_{{ kind }}
    where winners = 1 or splits_ties
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

pool_weights as (
    select
        rules.plan_id, rules.plan_version, rules.plan_hash, rules.component_id, rules.name, rules.amount as total,
        members.period, periods.last_day, members.payee_no,
        sum({{ ten_place_units('members.share') }} * members.days) as weight
    from rules
    inner join {{ ref('commission_pool_members') }} as members on rules.component_id = members.pool_id
    inner join awarding as periods
        on rules.plan_id = periods.plan_id
        and rules.plan_version = periods.plan_version
        and members.period = periods.period
        and rules.per = periods.length
    where rules.kind = 'pool' and periods.place = 1
    group by
        rules.plan_id, rules.plan_version, rules.plan_hash, rules.component_id, rules.name, rules.amount,
        members.period, periods.last_day, members.payee_no
),

pool_parts as (
    {{ largest_remainder_of(
        'select pool_weights.*, sum(weight) over (partition by plan_id, plan_version, component_id, period) as whole from pool_weights',
        ['plan_id', 'plan_version', 'component_id', 'period']
    ) }}
),

lines as (
    select
        spiff_lines.payee_no, spiff_lines.plan_id, spiff_lines.plan_version, prized.plan_hash, spiff_lines.spiff_id as component_id,
        prized.name as component_name, 'SPIFF' as entry_type, prized.origin_month as origin_period,
        {{ period_name('month', 'prized.day') }} as posting_period, spiff_lines.amount, '单品奖 ' || prized.event_id as reason,
        cast(null as {{ dbt.type_string() }}) as evidence
    from spiff_lines
    inner join prized on {{ same_keys('spiff_lines', 'prized', spiff + ['plan_version', 'event_id']) }}
    union all
    select
        champion_lines.payee_no, champion_lines.plan_id, champion_lines.plan_version, champion_lines.plan_hash, champion_lines.component_id,
        case champion_lines.component_id
            when 'monthly_champion' then '月度销售冠军' when 'quarterly_champion' then '季度销售冠军' else '年度销售冠军'
        end as component_name,
        'AWARD' as entry_type,
        {{ period_name('month', 'periods.last_day') }} as origin_period,
        {{ period_name('month', 'periods.last_day') }} as posting_period,
        cast({{ from_units(
            whole_quotient(units('champion_lines.prize', 2), 'champion_lines.winners')
            ~ ' + case when champion_lines.place <= ' ~ units('champion_lines.prize', 2) ~ ' % champion_lines.winners then 1 else 0 end', 2
        ) }} as {{ money }}) as amount,
        champion_lines.period || ' ' || case champion_lines.component_id
            when 'monthly_champion' then '月度销售冠军' when 'quarterly_champion' then '季度销售冠军' else '年度销售冠军'
        end as reason,
        cast(null as {{ dbt.type_string() }}) as evidence
    from champion_lines
    inner join periods on champion_lines.period = periods.period
    union all
    select
        payee_no, plan_id, plan_version, plan_hash, component_id, name as component_name, 'AWARD' as entry_type,
        {{ period_name('month', 'last_day') }} as origin_period, {{ period_name('month', 'last_day') }} as posting_period,
        part as amount, period || ' 奖金池' as reason, cast(null as {{ dbt.type_string() }}) as evidence
    from pool_parts
    union all
    select
        penalties.payee_no, rules.plan_id, rules.plan_version, rules.plan_hash, rules.component_id, rules.name as component_name,
        'PENALTY' as entry_type, penalties.month as origin_period, penalties.month as posting_period,
        -{{ cents('least(penalties.amount, rules.amount)') }} as amount, rules.name as reason, penalties.evidence
    from {{ ref('commission_penalties') }} as penalties
    inner join rules
        on penalties.clause_id = rules.component_id
        and rules.kind = 'penalty'
        and {{ plus_days(add_months("cast(penalties.month || '-01' as date)", 1), -1) }} between rules.valid_from and rules.valid_to
    where penalties.evidence <> ''
        and penalties.approved_by <> ''
        and penalties.approved_by <> penalties.payee_no
        and exists (
            select 1
            from {{ ref('commission_acceptances') }} as accepted
            where accepted.payee_no = penalties.payee_no and accepted.plan_id = rules.plan_id and accepted.version = rules.plan_version
        )
)

select
    lines.payee_no,
    lines.plan_id,
    lines.plan_version,
    lines.plan_hash,
    lines.component_id,
    lines.component_name,
    lines.entry_type,
    lines.origin_period,
    lines.posting_period,
    cast(lines.amount as {{ money }}) as amount,
    lines.reason,
    lines.evidence
from lines
cross join clocks
where lines.posting_period <= clocks.through and lines.amount <> 0
