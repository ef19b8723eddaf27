{#- The day so many days later; a negative number goes back. -#}
{% macro days_after(day, days) %}{{ return(adapter.dispatch('days_after', 'quarterdeck')(day, days)) }}{% endmacro %}
{% macro duckdb__days_after(day, days) -%}
    cast({{ day }} + cast({{ days }} as integer) as date)
{%- endmacro %}
{% macro spark__days_after(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{#- A quantile of a group, between its neighbours, rounded to six places: DuckDB cuts a decimal's fraction off (72.7 came as 72.699999). -#}
{% macro quantile(value, share) %}{{ return(adapter.dispatch('quantile', 'quarterdeck')(value, share)) }}{% endmacro %}
{% macro duckdb__quantile(value, share) -%}
    round(quantile_cont(cast({{ value }} as double), {{ share }}), 6)
{%- endmacro %}
{% macro spark__quantile(value, share) -%}
    round(percentile({{ value }}, {{ share }}), 6)
{%- endmacro %}

{#- A unified social credit code whose last sign is the one that its first seventeen demand (GB 32100-2015). -#}
{% macro is_credit_code(code) -%}
    {%- set signs = '0123456789ABCDEFGHJKLMNPQRTUWXY' -%}
    {%- set weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] -%}
    coalesce(
        length({{ code }}) = 18 and substr({{ code }}, 1, 1) <> '0'
        and least({% for place in range(18) %}instr('{{ signs }}', substr({{ code }}, {{ place + 1 }}, 1)){{ ', ' if not loop.last }}{% endfor %}) > 0
        and (
            {% for weight in weights %}(instr('{{ signs }}', substr({{ code }}, {{ loop.index }}, 1)) - 1) * {{ weight }}{{ ' + ' if not loop.last }}{% endfor %}
            + instr('{{ signs }}', substr({{ code }}, 18, 1)) - 1
        ) % 31 = 0,
        false
    )
{%- endmacro %}

{#- A credit code as everybody would write it: half width, upper case, without blanks and dashes. -#}
{% macro written_code(code) -%}
    nullif(translate(
        upper({{ code }}),
        '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ－　 -',
        '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    ), '')
{%- endmacro %}

{#- A day as a number, so that days can be counted where a column holds numbers. -#}
{% macro day_number(day) -%}
    {{ days_between("cast('1970-01-01' as date)", day) }}
{%- endmacro %}

{#- A phone as its digits, however it was typed, without the code of China. -#}
{% macro bare_phone(phone) -%}
    {%- set digits = "translate(" ~ phone ~ ", ' -()（）+.', '')" -%}
    nullif(case when length({{ digits }}) = 13 and {{ digits }} like '86%' then substr({{ digits }}, 3) else {{ digits }} end, '')
{%- endmacro %}

{#- Whether such digits are a mobile, a landline with its area code, or a 400 number. -#}
{% macro is_phone(digits) -%}
    (
        translate({{ digits }}, '0123456789', '') = ''
        and (
            (length({{ digits }}) = 11 and {{ digits }} like '1%')
            or (length({{ digits }}) between 10 and 12 and {{ digits }} like '0%')
            or (length({{ digits }}) = 10 and {{ digits }} like '400%')
        )
    )
{%- endmacro %}

{#- The metrics and periods in which an order stands in more than one part of the company: overlays, and shared orders that are counted. -#}
{% macro counted_twice() -%}
    select distinct events.metric_id, months.period_type, months.period
    from {{ ref('int_kpi_events') }} as events
    inner join {{ ref('metrics') }} as metrics on events.metric_id = metrics.metric_id
    inner join {{ ref('int_period_months') }} as months on {{ period_start('month', 'events.event_date') }} = months.month
    where events.share is not null and (events.is_overlay or metrics.credit <> 'amount')
{%- endmacro %}

{#- Where a row of events stands in the organisation, seen through a lens (`reach`). -#}
{% macro scope_of(row) -%}
    case reach.scope_type
            when 'company' then 'company'
            when 'rep' then {{ row }}.employee_no
            when 'department' then case when reach.org_view = 'current' then coalesce(today.department_id, {{ row }}.department_id) else {{ row }}.department_id end
            else case when reach.org_view = 'current' then coalesce(today.region, {{ row }}.region) else {{ row }}.region end
        end
{%- endmacro %}

{#- What of a figure is a holder's: up to the end of its stretch less up to its beginning, so that stretches make the whole. -#}
{% macro part_of(figure, share, share_to) -%}
    cast(
        {{ share_of(figure, share_to, '1', scale=6) }} - {{ share_of(figure, '(' ~ share_to ~ ' - ' ~ share ~ ')', '1', scale=6) }}
        as decimal(38, 4))
{%- endmacro %}
