{#- Rows of a seed on Spark, where an empty cell would become the word None and an apostrophe end its text. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set statement -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        ({%- for name in agate_table.column_names -%}
            cast({{ spark_text(row[name]) }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}){{ ', ' if not loop.last }}
        {%- endfor -%}){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{% endmacro %}

{% macro spark_text(value) -%}
    {%- if value is none -%} null {%- else -%} '{{ (value | string).replace('\\', '\\\\').replace("'", "\\'") }}' {%- endif -%}
{%- endmacro %}
