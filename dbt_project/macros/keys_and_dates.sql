{% macro generate_schema_name(custom_schema_name, node) %}
    {{- return((custom_schema_name or target.schema) | trim) -}}
{% endmacro %}

{#- The key of a thing of one CRM; ids are unique only with their CRM. -#}
{% macro hash_key(crm, id) -%}
    md5({{ crm }} || ':' || {{ id }})
{%- endmacro %}

{#- The business day of a UTC moment. -#}
{% macro local_date(moment, zone) %}{{ return(adapter.dispatch('local_date', 'quarterdeck')(moment, zone)) }}{% endmacro %}
{% macro duckdb__local_date(moment, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}
{% macro spark__local_date(moment, zone) -%}
    cast(convert_timezone('UTC', {{ zone }}, {{ moment }}) as date)
{%- endmacro %}

{#- Whole units of time between two moments, the started one not counted. -#}
{% macro elapsed(unit, start, finish) %}{{ return(adapter.dispatch('elapsed', 'quarterdeck')(unit, start, finish)) }}{% endmacro %}
{% macro duckdb__elapsed(unit, start, finish) -%}
    cast(date_sub('{{ unit }}', {{ start }}, {{ finish }}) as integer)
{%- endmacro %}
{% macro spark__elapsed(unit, start, finish) -%}
    cast(timestampdiff({{ unit }}, {{ start }}, {{ finish }}) as integer)
{%- endmacro %}

{% macro days_between(start, finish) %}{{ return(adapter.dispatch('days_between', 'quarterdeck')(start, finish)) }}{% endmacro %}
{% macro duckdb__days_between(start, finish) -%}
    cast({{ finish }} - {{ start }} as integer)
{%- endmacro %}
{% macro spark__days_between(start, finish) -%}
    datediff({{ finish }}, {{ start }})
{%- endmacro %}

{% macro add_months(day, months) %}{{ return(adapter.dispatch('add_months', 'quarterdeck')(day, months)) }}{% endmacro %}
{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}
{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}

{#- The first day of the month, quarter or year. -#}
{% macro period_start(period_type, day) -%}
    cast(date_trunc('{{ period_type }}', {{ day }}) as date)
{%- endmacro %}

{#- The period's own name: 2026-07, 2026-Q3, 2026. -#}
{% macro period_name(period_type, day) -%}
    {%- if period_type == 'month' -%} substr(cast({{ day }} as {{ dbt.type_string() }}), 1, 7)
    {%- elif period_type == 'quarter' -%}
    substr(cast({{ day }} as {{ dbt.type_string() }}), 1, 4) || '-Q' || cast(extract(quarter from {{ day }}) as {{ dbt.type_string() }})
    {%- else -%} substr(cast({{ day }} as {{ dbt.type_string() }}), 1, 4)
    {%- endif -%}
{%- endmacro %}

{#- Texts of a group in one, sorted. -#}
{% macro joined(text) %}{{ return(adapter.dispatch('joined', 'quarterdeck')(text)) }}{% endmacro %}
{% macro duckdb__joined(text) -%}
    string_agg({{ text }}, ',' order by {{ text }})
{%- endmacro %}
{% macro spark__joined(text) -%}
    listagg({{ text }}, ',') within group (order by {{ text }})
{%- endmacro %}

{#- A decision row holds on this day: `valid_from` and `valid_to` are its first and last day. -#}
{% macro holds_on(row, day) -%}
    coalesce({{ row }}.valid_from, cast('1900-01-01' as date)) <= {{ day }}
    and {{ day }} <= coalesce({{ row }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}

{#- Tags written with | between them, each once and sorted; '' where there are none. -#}
{% macro sorted_tags(text) %}{{ return(adapter.dispatch('sorted_tags', 'quarterdeck')(text)) }}{% endmacro %}
{% macro duckdb__sorted_tags(text) -%}
    array_to_string(list_sort(list_distinct(list_filter(string_split({{ text }}, '|'), lambda tag: tag <> ''))), '|')
{%- endmacro %}
{% macro spark__sorted_tags(text) -%}
    array_join(array_sort(array_distinct(filter(split({{ text }}, '[|]'), tag -> tag <> ''))), '|')
{%- endmacro %}

{#- What stands for several texts in windows and joins, over their distinct rows: DuckDB sorts millions of rows by a number much faster
    than by five texts; Spark would move all rows to one place to number them. -#}
{% macro group_number(names) %}{{ return(adapter.dispatch('group_number', 'quarterdeck')(names)) }}{% endmacro %}
{% macro duckdb__group_number(names) -%}
    row_number() over (order by {{ names | join(', ') }})
{%- endmacro %}
{% macro spark__group_number(names) -%}
    concat_ws('|', {{ names | join(', ') }})
{%- endmacro %}
