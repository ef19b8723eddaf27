{#- How DuckDB builds a table and a view: one statement each, where dbt's own way is to build, rename and drop. A run builds into a file that
    nobody reads yet, so nothing has to stay readable meanwhile. A contract is held against the table that was built, in the same transaction,
    which spares planning every query a second time; what dbt says about a broken one is dbt's. -#}
{% materialization table, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='table') -%}
    {% do refuse_what_is_not_built_here(pre_hooks + post_hooks) %}
    {% do make_way_for(relation) %}
    {% call statement('main') -%}
        create or replace table {{ relation }} as (
            {{ sql }}
        )
    {%- endcall %}
    {% if config.get('contract').enforced %}{% do hold_to_contract(relation, sql) %}{% endif %}
    {% do adapter.commit() %}
    {% do hold_to_tests(relation) %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {% do refuse_what_is_not_built_here(pre_hooks + post_hooks + ([config.get('contract')] if config.get('contract').enforced else [])) %}
    {% do make_way_for(relation) %}
    {% call statement('main') -%}
        create or replace view {{ relation }} as (
            {{ sql }}
        )
    {%- endcall %}
    {% do adapter.commit() %}
    {% do hold_to_tests(relation) %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{#- Nothing that a model asks for is left out without a word. -#}
{% macro refuse_what_is_not_built_here(hooks) %}
    {%- for name in ['grants', 'indexes', 'sql_header', 'partitioned_by', 'sorted_by'] if config.get(name) -%}
        {%- do hooks.append(name) -%}
    {%- endfor -%}
    {%- if hooks -%}
        {{ exceptions.raise_compiler_error(this ~ ': macros/materializations.sql does not know how to build with ' ~ hooks) }}
    {%- endif -%}
{% endmacro %}

{#- A model that was a view and is a table now, or the other way round. -#}
{% macro make_way_for(relation) %}
    {%- set existing = load_cached_relation(relation) -%}
    {%- if existing is not none and existing.type != relation.type -%}{{ drop_relation_if_exists(existing) }}{%- endif -%}
{% endmacro %}

{#- The built table has the declared columns and types, in the declared order; anything else is a broken contract. -#}
{% macro hold_to_contract(relation, sql) %}
    {%- set built, declared = {}, {} -%}
    {%- for column in get_column_schema_from_query('select * from ' ~ relation) -%}
        {%- do built.update({column.column: column.dtype}) -%}
    {%- endfor -%}
    {%- for column in get_column_schema_from_query(get_empty_schema_sql(model['columns'])) -%}
        {%- do declared.update({column.column: column.dtype}) -%}
    {%- endfor -%}
    {%- if built != declared -%}{{ get_assert_columns_equivalent(sql) }}{%- endif -%}
    {%- if built.keys() | list != declared.keys() | list -%}
        {%- call statement('in_declared_order') -%}
            create or replace table {{ relation }} as select {{ declared.keys() | join(', ') }} from {{ relation }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}

{#- Tests that a run handed to the model (pipelines/held_tests.py) instead of running them as nodes, all in one statement: the model is not
    built unless it meets them. What was built stays, so that the rows that break a test can be looked at. -#}
{% macro hold_to_tests(relation) %}
    {%- set tests = config.get('held_tests', []) -%}
    {%- if tests -%}
        {%- call statement('held_tests') -%}
            select case when count(*) > 0 then error(string_agg(name || ' fails on ' || failures || ' rows', '; ')) end
            from (
                {%- for test in tests %}
                select '{{ test.name }}' as name, count(*) as failures
                from ({{ context['test_' ~ test.of](model=relation, **test.arguments) }})
                {{- ' union all' if not loop.last }}
                {%- endfor %}
            )
            where failures > 0
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}
