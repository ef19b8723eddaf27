{#- Guards of commission in SQL: the shapes that int_commission_guards repeats. -#}

{#- A running frame. -#}
{% macro so_far(keys, order) -%}
    partition by {{ keys | join(', ') }} order by {{ order }} rows between unbounded preceding and current row
{%- endmacro %}

{#- Ledger lines of one kind. -#}
{% macro guard_line(kind, amount, reason, source, where) -%}
    select payee_no, plan_id, plan_version, component_id, {{ kind }} as entry_type, month as origin_period, month as posting_period,
        {{ amount }} as amount, {{ reason }} as reason
    from {{ source }}
    where {{ where }}
{%- endmacro %}

{#- One cap: `amount` in; out come `payable`, `cap_moved` (kept, below nothing, or let go) and `written_off` (gone for good, below nothing).
    Over months, quarters or years a carried rest is a queue that the cap serves; what one event has too much has no later room. -#}
{% macro capped(name, source, amount) %}
    {%- set slot = ['payee_no', 'plan_id', 'component_id'] -%}
    {%- set slot_month = ['payee_no', 'plan_id', 'component_id', 'month'] -%}

{{ name }}_periods as (
    select
        {{ slot | join(', ') }}, period, last_month, period_amount, cap_amount, cap_excess,
        sum(case when cap_excess = 'carry_forward' then 0 else 1 end) over (
            partition by {{ slot | join(', ') }} order by last_month rows between unbounded preceding and 1 preceding
        ) as served
    from (
        select
            {{ slot | join(', ') }}, period,
            max(month) as last_month,
            sum({{ amount }}) as period_amount,
            max(case when place = 1 then cap_amount end) as cap_amount,
            max(case when place = 1 then cap_excess end) as cap_excess
        from (
            select
                {{ source }}.*,
                {{ fiscal_period('cap_per', 'month_last', 'clocks.year_start') }} as period,
                row_number() over (
                    partition by {{ slot | join(', ') }}, {{ fiscal_period('cap_per', 'month_last', 'clocks.year_start') }} order by month desc
                ) as place
            from {{ source }}
            cross join clocks
            where cap_per in ('month', 'quarter', 'year')
        ) as months
        group by {{ slot | join(', ') }}, period
    ) as periods
),

{{ name }}_sums as (
    select
        {{ name }}_periods.*,
        sum(period_amount - cap_amount) over (partition by {{ slot | join(', ') }}, coalesce(served, 0) order by last_month
            rows between unbounded preceding and current row) as unserved
    from {{ name }}_periods
),

{{ name }}_queues as (
    select
        {{ name }}_sums.*,
        unserved - least(0, min(unserved) over (partition by {{ slot | join(', ') }}, coalesce(served, 0) order by last_month
            rows between unbounded preceding and current row)) as carried_out
    from {{ name }}_sums
),

{{ name }}_carried as (
    select
        {{ name }}_queues.*,
        coalesce(lag(carried_out) over (partition by {{ slot | join(', ') }}, coalesce(served, 0) order by last_month), 0) as carried_in
    from {{ name }}_queues
),

{{ name }}_to_date as (
    select
        months.*,
        carried.carried_in + sum(months.{{ amount }}) over (partition by {{ 'months.' ~ slot | join(', months.') }}, months.period
            order by months.month rows between unbounded preceding and current row) as asked_to_date
    from (
        select {{ source }}.*, {{ fiscal_period('cap_per', 'month_last', 'clocks.year_start') }} as period
        from {{ source }}
        cross join clocks
        where cap_per in ('month', 'quarter', 'year')
    ) as months
    left join {{ name }}_carried as carried on {{ same_keys('months', 'carried', slot) }} and months.period = carried.period
),

{{ name }}_rests as (
    select
        {{ name }}_to_date.*,
        least(asked_to_date, cap_amount) as paid_to_date,
        case when cap_excess = 'drop' then greatest(asked_to_date - cap_amount, 0) else 0 end as lost_to_date
    from {{ name }}_to_date
),

{{ name }} as (
    select
        moves.*,
        cast(payable - {{ amount }} - written_off as decimal(18, 2)) as cap_moved
    from (
        select
            {{ name }}_rests.*,
            cast(paid_to_date - coalesce(lag(paid_to_date) over (partition by {{ slot | join(', ') }}, period order by month), 0) as decimal(18, 2)) as payable,
            cast(coalesce(lag(lost_to_date) over (partition by {{ slot | join(', ') }}, period order by month), 0) - lost_to_date as decimal(18, 2)) as written_off
        from {{ name }}_rests
        union all
        select
            {{ source }}.*,
            cast(null as {{ dbt.type_string() }}) as period,
            cast(null as decimal(18, 2)) as asked_to_date,
            cast(null as decimal(18, 2)) as paid_to_date,
            cast(null as decimal(18, 2)) as lost_to_date,
            cast(case when cap_per = 'event' then {{ amount }} - over else {{ amount }} end as decimal(18, 2)) as payable,
            cast(case when cap_per = 'event' and cap_excess <> 'review' then -over else 0 end as decimal(18, 2)) as written_off
        from {{ source }}
        where coalesce(cap_per, 'event') = 'event'
    ) as moves
),
{%- endmacro %}

{#- The parts of an amount of a month by transaction: telescoped over what each earned. -#}
{% macro by_transaction(source, amount) -%}
    {%- set slot = ['payee_no', 'plan_id', 'component_id'] -%}
    {%- set slot_month = ['payee_no', 'plan_id', 'component_id', 'month'] -%}

        select
            split.*,
            case
                when split.whole <> 0 then split.to_date - coalesce(lag(split.to_date) over (
                    partition by {{ slot_month | join(', ') }} order by place
                ), 0)
                when split.left_amount = 0 then split.weight
            end as part
        from (
            select
                weighed.*,
                amounts.month_last,
                amounts.plan_version,
                amounts.holdback_share,
                amounts.holdback_release,
                amounts.{{ amount }} as left_amount,
                {{ cents(portion('amounts.' ~ amount, 'weighed.running', 'weighed.whole')) }} as to_date
            from weighed
            inner join {{ source }} as amounts on {{ same_keys('weighed', 'amounts', slot_month) }}
        ) as split
{%- endmacro %}
