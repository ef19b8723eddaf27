{#- Commission in SQL: what several of its models say. Bases and earnings carry sixteen places until the one rounding of C4. -#}

{#- An unrounded base or earning; times a share or a factor it still fits 38 digits on every engine, and of the product with a rate
    Spark cuts the last of 22 places, long before the cents. -#}
{% macro exact_type() %}decimal(27, 16){% endmacro %}

{#- A rate of units or of deals is money: 1 500 a deal. -#}
{% macro rate_type() %}decimal(11, 6){% endmacro %}

{% macro share_type() %}decimal(9, 6){% endmacro %}

{% macro factor_type() %}decimal(10, 8){% endmacro %}

{#- An amount that 64 bits hold: up to a hundred million, ten places. -#}
{% macro small_type() %}decimal(18, 10){% endmacro %}

{#- A query that only names a step of its one reader, or of readers that each want another part of it: DuckDB would keep every row
    of it in memory, as wide as it is. -#}
{% macro folded() %}{{ return(adapter.dispatch('folded', 'quarterdeck')()) }}{% endmacro %}
{% macro duckdb__folded() %}not materialized{% endmacro %}
{% macro spark__folded() %}{% endmacro %}

{#- Cents of an unrounded amount, half away from zero; the last digits of quotients that do not end are cut off first. -#}
{% macro cents(amount) -%}
    cast(round(round({{ amount }}, 12), 2) as decimal(18, 2))
{%- endmacro %}

{#- One word of a plan's row, typed. -#}
{% macro said(word, type) -%}
    cast({{ json_word('body', word) }} as {{ type }})
{%- endmacro %}

{#- A word of a JSON text, as text; `a.b` is inside a. -#}
{% macro json_word(body, word) %}{{ return(adapter.dispatch('json_word', 'quarterdeck')(body, word)) }}{% endmacro %}
{% macro duckdb__json_word(body, word) %}json_extract_string({{ body }}, '$.{{ word }}'){% endmacro %}
{% macro spark__json_word(body, word) %}get_json_object({{ body }}, '$.{{ word }}'){% endmacro %}

{#- Filter words of a plan's row. -#}
{% macro filter_lists() %}
    {{- return(['product_line', 'product_code', 'category', 'customer_class', 'customer_tier', 'region', 'department', 'crm', 'method']) -}}
{% endmacro %}

{% macro filter_words() %}
    {%- for name in filter_lists() %}
    {{ said('only_' ~ name, dbt.type_string()) }} as only_{{ name }},
    {%- endfor %}
    {{ said('only_exclude_tags', dbt.type_string()) }} as exclude_tags,
    {{ said('discount_above', 'decimal(18, 10)') }} as discount_above,
    {{ said('discount_up_to', 'decimal(18, 10)') }} as discount_up_to
{%- endmacro %}

{#- The event passes every word of the rule's filter. -#}
{% macro passes(rule, event) -%}
    (
        {%- for name in filter_lists() %}
        ({{ rule }}.only_{{ name }} is null or instr({{ rule }}.only_{{ name }}, '|' || {{ event }}.{{ name }} || '|') > 0) and
        {%- endfor %}
        ({{ rule }}.exclude_tags is null or {{ event }}.tags = '' or not {{ lists_meet(rule ~ '.exclude_tags', event ~ '.tags') }})
        and ({{ rule }}.discount_above is null or {{ event }}.discount_rate > {{ rule }}.discount_above)
        and ({{ rule }}.discount_up_to is null or {{ event }}.discount_rate <= {{ rule }}.discount_up_to)
    )
{%- endmacro %}

{#- Two texts joined by '|' have a word in common. -#}
{% macro lists_meet(one, other) %}{{ return(adapter.dispatch('lists_meet', 'quarterdeck')(one, other)) }}{% endmacro %}
{% macro duckdb__lists_meet(one, other) -%}
    list_has_any(string_split({{ one }}, '|'), string_split({{ other }}, '|'))
{%- endmacro %}
{% macro spark__lists_meet(one, other) -%}
    arrays_overlap(split({{ one }}, '[|]'), split({{ other }}, '[|]'))
{%- endmacro %}

{#- The product of a group's factors. -#}
{% macro product_of(factor) %}{{ return(adapter.dispatch('product_of', 'quarterdeck')(factor)) }}{% endmacro %}
{% macro duckdb__product_of(factor) -%}
    list_reduce(list({{ factor }} order by {{ factor }}), lambda one, other: cast(one * other as {{ factor_type() }}))
{%- endmacro %}
{% macro spark__product_of(factor) -%}
    aggregate(array_sort(collect_list({{ factor }})), cast(1 as {{ factor_type() }}), (one, other) -> cast(one * other as {{ factor_type() }}))
{%- endmacro %}

{#- amount x numerator / denominator with sixteen places, rounded once; null where the denominator is zero. -#}
{% macro portion(amount, numerator, denominator) -%}
    {%- set whole = '(' ~ ten_place_units(amount) ~ ' * ' ~ ten_place_units(numerator) ~ ')' -%}
    {%- set divisor = 'nullif(abs(' ~ ten_place_units(denominator) ~ '), 0)' -%}
    {%- set more = 'cast((2 * (abs(' ~ whole ~ ') % ' ~ divisor ~ ') * 1000000 + ' ~ divisor ~ ') as ' ~ units_type() ~ ')' -%}
    cast((
        cast({{ from_units(whole_quotient('abs(' ~ whole ~ ')', divisor), 10) }} as decimal(27, 10))
        + cast({{ from_units(whole_quotient(more, '(2 * ' ~ divisor ~ ')'), 16) }} as decimal(22, 16))
    ) * cast(case when ({{ whole }} < 0) = ({{ denominator }} < 0) then 1 else -1 end as decimal(1, 0)) as {{ exact_type() }})
{%- endmacro %}

{% macro ten_place_units(amount) -%}
    cast(cast({{ amount }} as decimal(26, 10)) * 10000000000 as {{ units_type() }})
{%- endmacro %}

{#- The day of an event by the plan's date basis; `of` is '' for the event itself and 'original_' for what it takes back. -#}
{% macro basis_day(rule, event, of='') -%}
    case
        when {{ rule }}.acceptance_bill = 'maturity' and {{ rule }}.date_basis = 'bank_value_date' then coalesce(
            {{ event }}.{{ of }}bill_maturity_date, {{ event }}.{{ of }}bank_value_date, {{ event }}.{{ of }}event_date
        )
        else coalesce(
            case {{ rule }}.date_basis
                when 'order_date' then {{ event }}.{{ of }}order_date
                when 'delivery_date' then {{ event }}.{{ of }}delivery_date
                when 'invoice_date' then {{ event }}.{{ of }}invoice_date
                when 'bank_value_date' then {{ event }}.{{ of }}bank_value_date
                when 'posting_date' then {{ event }}.{{ of }}posting_date
            end,
            {{ event }}.{{ of }}event_date
        )
    end
{%- endmacro %}

{% macro plus_days(day, days) %}{{ return(adapter.dispatch('plus_days', 'quarterdeck')(day, days)) }}{% endmacro %}
{% macro duckdb__plus_days(day, days) -%}
    cast({{ day }} + cast({{ days }} as integer) as date)
{%- endmacro %}
{% macro spark__plus_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{#- Every day, or the first day of every month, from one day to another; a row each, in a select list. -#}
{% macro each(unit, first, last) %}{{ return(adapter.dispatch('each', 'quarterdeck')(unit, first, last)) }}{% endmacro %}
{% macro duckdb__each(unit, first, last) -%}
    cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 {{ unit }})) as date)
{%- endmacro %}
{% macro spark__each(unit, first, last) -%}
    explode(sequence({{ first }}, greatest({{ first }}, {{ last }}), interval 1 {{ unit }}))
{%- endmacro %}

{#- The month, quarter or year of a day, named by the calendar year in which its fiscal year begins. -#}
{% macro fiscal_period(kind, day, year_start_month) -%}
    {%- set shifted = add_months(day, '(1 - ' ~ year_start_month ~ ')') -%}
    case {{ kind }}
        when 'month' then {{ period_name('month', day) }}
        when 'quarter' then {{ period_name('quarter', shifted) }}
        when 'year' then {{ period_name('year', shifted) }}
    end
{%- endmacro %}

{#- First day of 2026-09, 2026-Q3 or 2026, and how many months it has. -#}
{% macro period_first(period, year_start_month) -%}
    case
        when substr({{ period }}, 6, 1) = 'Q' then {{ add_months(
            "cast(substr(" ~ period ~ ", 1, 4) || '-01-01' as date)",
            '(3 * (cast(substr(' ~ period ~ ', 7, 1) as integer) - 1) + ' ~ year_start_month ~ ' - 1)'
        ) }}
        when length({{ period }}) = 7 then cast({{ period }} || '-01' as date)
        else {{ add_months("cast(" ~ period ~ " || '-01-01' as date)", '(' ~ year_start_month ~ ' - 1)') }}
    end
{%- endmacro %}
{% macro period_months(period) -%}
    case when substr({{ period }}, 6, 1) = 'Q' then 3 when length({{ period }}) = 7 then 1 else 12 end
{%- endmacro %}

{#- The figure of an event that a band is read by. -#}
{% macro event_figure(event, name) -%}
    case {{ name }}
        when 'days_past_due' then {{ event }}.days_past_due
        when 'discount_rate' then {{ event }}.discount_rate
        when 'margin_rate' then {{ event }}.margin_rate
        when 'quantity' then {{ event }}.units_sold
    end
{%- endmacro %}

{#- A limit of a table in money: as it stands, or times the quota where the table is read by attainment. -#}
{% macro limit_of(limit, quota) -%}
    case when {{ quota }} is null then cast({{ limit }} as {{ exact_type() }})
        else cast(cast({{ limit }} as {{ factor_type() }}) * {{ quota }} as {{ exact_type() }}) end
{%- endmacro %}

{#- The step that owns a position, by the plan's boundary; below the first limit the first, above the last the last. -#}
{% macro in_step(position, step) -%}
    (
        {{ step }}.tier_no = 1
        or {{ position }} > {{ step }}.begins_at
        or ({{ step }}.boundary = 'lower_inclusive' and {{ position }} = {{ step }}.begins_at)
    ) and (
        {{ step }}.is_last
        or {{ position }} < {{ step }}.ends_at
        or ({{ step }}.boundary = 'upper_inclusive' and {{ position }} = {{ step }}.ends_at)
    )
{%- endmacro %}

{#- What an accumulated base earns in the step that owns it. -#}
{% macro earned_at(position, step) -%}
    {%- set top = 'least(' ~ position ~ ', coalesce(' ~ step ~ '.ends_at, ' ~ position ~ '))' -%}
    {%- set tranches = 'cast(' ~ step ~ '.earned_below + cast(cast(' ~ top ~ ' - ' ~ step ~ '.begins_at'
        ~ ' as ' ~ exact_type() ~ ') * ' ~ step ~ '.rate as ' ~ exact_type() ~ ') as ' ~ exact_type() ~ ')' -%}
    {%- set place = 'case when ' ~ step ~ '.quota is null then ' ~ position ~ ' else '
        ~ portion(position, step ~ '.whole_days', '(' ~ step ~ '.targets * ' ~ step ~ '.days_there)') ~ ' end' -%}
    case
        when {{ position }} is null then null
        when {{ step }}.rate_kind = 'marginal' then {{ tranches }}
        when {{ step }}.rate_kind = 'retroactive' then cast({{ position }} * {{ step }}.rate as {{ exact_type() }})
        when {{ step }}.rate_kind = 'attainment' then {{ portion(
            'case when ' ~ position ~ ' < cast(' ~ step ~ '.slow_below * ' ~ step ~ '.quota as ' ~ exact_type() ~ ') then cast('
            ~ position ~ ' * ' ~ step ~ '.slow_x as ' ~ exact_type() ~ ') else ' ~ tranches ~ ' end',
            step ~ '.target_pay', step ~ '.targets'
        ) }}
        when {{ step }}.rate_kind = 'interpolated' then cast({{ step }}.amount + case
            when {{ step }}.tier_to is null or {{ place }} <= {{ step }}.tier_from then cast(0 as {{ exact_type() }})
            else {{ portion('(' ~ place ~ ' - ' ~ step ~ '.tier_from)', '(' ~ step ~ '.next_amount - ' ~ step ~ '.amount)',
                '(' ~ step ~ '.tier_to - ' ~ step ~ '.tier_from)') }}
        end as {{ exact_type() }})
    end
{%- endmacro %}

{#- Two rows of the same things. -#}
{% macro same_keys(one, other, names) -%}
    {%- for name in names %}{{ one }}.{{ name }} = {{ other }}.{{ name }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{#- Two figures compared as a plan's sentence says; unknown is never true. -#}
{% macro compared(one, sign, other) -%}
    case {{ sign }}
        when '<=' then {{ one }} <= {{ other }}
        when '>=' then {{ one }} >= {{ other }}
        when '<' then {{ one }} < {{ other }}
        when '>' then {{ one }} > {{ other }}
        when '==' then {{ one }} = {{ other }}
        when '!=' then {{ one }} <> {{ other }}
    end
{%- endmacro %}

{#- An amount of cents as people write it: 100, 0.5, 12.34. -#}
{% macro plain_number(amount) -%}
    trim(trailing '.' from trim(trailing '0' from cast(cast({{ amount }} as decimal(18, 2)) as {{ dbt.type_string() }})))
{%- endmacro %}

{#- Who stands above whom, on which days, at which level, each once on a way up, as `managers`: ways of 1, 2, 4, … 32 levels,
    each made of two that are half as long. -#}
{% macro manager_chains(people) -%}
managers_1 as (
    select
        payee_no,
        manager_no,
        1 as level,
        valid_from,
        valid_to,
        '|' || payee_no || '|' || manager_no || '|' as path
    from {{ people }}
    where manager_no is not null and manager_no <> payee_no
),
{%- for half in [1, 2, 4, 8, 16] %}
{{ 'managers' if loop.last else 'managers_' ~ 2 * half }} as (
    select payee_no, manager_no, level, valid_from, valid_to, path from managers_{{ half }}
    union all
    select
        below.payee_no,
        above.manager_no,
        below.level + above.level as level,
        greatest(below.valid_from, above.valid_from) as valid_from,
        least(below.valid_to, above.valid_to) as valid_to,
        below.path || substr(above.path, length(above.payee_no) + 3) as path
    from managers_{{ half }} as below
    inner join managers_{{ half }} as above
        on below.manager_no = above.payee_no
        and below.valid_from <= above.valid_to
        and above.valid_from <= below.valid_to
    where below.level = {{ half }} and instr(below.path, '|' || above.manager_no || '|') = 0
){{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}
