{#- Spark computes a CTE again for every reader, and readers of readers multiply; and it thinks about a query of queries longer than it
    works on them. There, a query whose readers would together read many tables again, or that is the top of too many queries, is written
    to the schema `kept` first; DuckDB keeps what is read twice by itself. -#}

{#- A table kept costs Spark about as much as reading so many. -#}
{% macro worth_keeping() %}{{ return(15) }}{% endmacro %}

{#- Queries inside queries that one plan may have: past a hundred passes Spark's analyzer gives up, and each pass walks the whole plan. -#}
{% macro deepest_plan() %}{{ return(12) }}{% endmacro %}

{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {{ dbt.spark__create_table_as(temporary, relation, keeping_what_is_read_twice(relation, compiled_code), language) }}
{%- endmacro %}

{#- The model's last query over what was kept; the rest stays inline. -#}
{% macro keeping_what_is_read_twice(relation, sql) -%}
    {%- set queries, last = named_queries(sql) -%}
    {%- set names, told, tables, levels = queries | map('first') | list, {}, {}, {} -%}
    {%- for name, query in queries -%}
        {%- set later = queries[loop.index:] | map('last') | join('\n') ~ last -%}
        {%- do tables.update({name: tables_read(query, tables)}) -%}
        {%- do levels.update({name: levels_of(query, levels)}) -%}
        {%- set readers = modules.re.findall(reading(name), later) | length -%}
        {%- if tables[name] * (readers - 1) >= worth_keeping() or levels[name] >= deepest_plan() -%}
            {%- set kept = 'kept.' ~ relation.identifier ~ '__' ~ name -%}
            {%- do run_query('create database if not exists kept') -%}
            {%- do run_query('drop table if exists ' ~ kept) -%}
            {%- do run_query('create table ' ~ kept ~ ' using parquet as ' ~ over_named(names, told, query)) -%}
            {%- do told.update({name: 'select * from ' ~ kept}) -%}
            {%- do tables.update({name: 1}) -%}
            {%- do levels.update({name: 0}) -%}
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

{#- How deep queries lie in each other: those written inside this one, on top of the deepest that it reads. -#}
{% macro levels_of(query, levels) -%}
    {%- set found = namespace(opened=[], deepest=1, read=0) -%}
    {%- for token in modules.re.finditer("(?i)'(?:[^']|'')*'|--[^\\n]*|[()]|\\bselect\\b", query) -%}
        {%- if token.group() == '(' -%}{%- do found.opened.append(0) -%}
        {%- elif token.group() == ')' -%}{%- do found.opened.pop() -%}
        {%- elif found.opened -%}
            {%- set _ = found.opened.pop() -%}
            {%- do found.opened.append(1) -%}
            {%- set found.deepest = [found.deepest, 1 + found.opened | sum] | max -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, level in levels.items() if level > found.read and modules.re.search(reading(name), query) -%}
        {%- set found.read = level -%}
    {%- endfor -%}
    {{ return(found.deepest + found.read) }}
{%- endmacro %}

{% macro reading(name) -%}
    {{ return('(?i)\\b(?:from|join)\\s+' ~ name ~ '\\b(?![.])') }}
{%- endmacro %}
