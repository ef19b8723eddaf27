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
        length({{ code }}) = 18
        and least({% for place in range(18) %}instr('{{ signs }}', substr({{ code }}, {{ place + 1 }}, 1)){{ ', ' if not loop.last }}{% endfor %}) > 0
        and (
            {% for weight in weights %}(instr('{{ signs }}', substr({{ code }}, {{ loop.index }}, 1)) - 1) * {{ weight }}{{ ' + ' if not loop.last }}{% endfor %}
            + instr('{{ signs }}', substr({{ code }}, 18, 1)) - 1
        ) % 31 = 0,
        false
    )
{%- endmacro %}

{#- A day as a number, so that days can be counted where a column holds numbers. -#}
{% macro day_number(day) -%}
    {{ days_between("cast('1970-01-01' as date)", day) }}
{%- endmacro %}
