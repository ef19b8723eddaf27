{#- Spark computes a CTE again for every reader, and readers of readers multiply. There, a query whose readers would together read many
    tables again is written to the schema `kept` first; DuckDB keeps what is read twice by itself. -#}

{#- A table kept costs Spark about as much as reading so many. -#}
{% macro worth_keeping() %}{{ return(15) }}{% endmacro %}

{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {{ dbt.spark__create_table_as(temporary, relation, keeping_what_is_read_twice(relation, compiled_code), language) }}
{%- endmacro %}

{#- The model's last query over what was kept; the rest stays inline. -#}
{% macro keeping_what_is_read_twice(relation, sql) -%}
    {%- set queries, last = named_queries(sql) -%}
    {%- set names, told, tables = queries | map('first') | list, {}, {} -%}
    {%- for name, query in queries -%}
        {%- set later = queries[loop.index:] | map('last') | join('\n') ~ last -%}
        {%- do tables.update({name: tables_read(query, tables)}) -%}
        {%- if tables[name] * (modules.re.findall(reading(name), later) | length - 1) >= worth_keeping() -%}
            {%- set kept = 'kept.' ~ relation.identifier ~ '__' ~ name -%}
            {%- do run_query('create database if not exists kept') -%}
            {%- do run_query('drop table if exists ' ~ kept) -%}
            {%- do run_query('create table ' ~ kept ~ ' using parquet as ' ~ over_named(names, told, query)) -%}
            {%- do told.update({name: 'select * from ' ~ kept}) -%}
            {%- do tables.update({name: 1}) -%}
        {%- else -%}
            {%- do told.update({name: query}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(over_named(names, told, last) if queries else sql) }}
{%- endmacro %}

{#- The queries of a leading `with`, by name and in order, and what follows them. -#}
{% macro named_queries(sql) -%}
    {%- set start = modules.re.match('(?i)(?:\\s|--[^\\n]*\\n)*with\\s', sql) -%}
    {%- set found = namespace(queries=[], depth=0, opened=0, after=start.end() if start else 0, is_done=not start) -%}
    {%- for token in modules.re.finditer("'(?:[^']|'')*'|--[^\\n]*|[()]", sql) -%}
        {%- if found.is_done or token.start() < found.after -%}
        {%- elif token.group() == '(' -%}
            {%- if found.depth == 0 -%}{%- set found.opened = token.end() -%}{%- endif -%}
            {%- set found.depth = found.depth + 1 -%}
        {%- elif token.group() == ')' -%}
            {%- set found.depth = found.depth - 1 -%}
            {%- if found.depth == 0 -%}
                {%- set head = modules.re.sub('--[^\\n]*', '', sql[found.after:found.opened - 1]) -%}
                {%- do found.queries.append((modules.re.search('(\\w+)\\s+as\\s*$', head).group(1), sql[found.opened:token.start()])) -%}
                {%- set comma = modules.re.match('(?:\\s|--[^\\n]*\\n)*,', sql[token.end():]) -%}
                {%- set found.after = token.end() + (comma.end() if comma else 0) -%}
                {%- set found.is_done = not comma -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return((found.queries, sql[found.after:])) }}
{%- endmacro %}

{#- A query with those before it that it reads, or that they read. -#}
{% macro over_named(names, told, query) -%}
    {%- set asked = namespace(text=query, queries=[]) -%}
    {%- for name in names | reverse if name in told and modules.re.search(reading(name), asked.text) -%}
        {%- do asked.queries.insert(0, name ~ ' as (' ~ told[name] ~ '\n)') -%}
        {%- set asked.text = asked.text ~ '\n' ~ told[name] -%}
    {%- endfor -%}
    {{ return(('with ' ~ asked.queries | join(',\n') ~ '\nselect * from (' ~ query ~ '\n)') if asked.queries else query) }}
{%- endmacro %}

{#- How many tables a query reads when every name in it stands for its own query. -#}
{% macro tables_read(query, tables) -%}
    {%- set found = namespace(count=modules.re.findall(reading('[\\w.]+'), query) | length) -%}
    {%- for name, count in tables.items() -%}
        {%- set found.count = found.count + (count - 1) * modules.re.findall(reading(name), query) | length -%}
    {%- endfor -%}
    {{ return(found.count) }}
{%- endmacro %}

{% macro reading(name) -%}
    {{ return('(?i)\\b(?:from|join)\\s+' ~ name ~ '\\b(?![.])') }}
{%- endmacro %}
