{#- A value of an order up to a point of its way, with ten places; widths are chosen so that Spark keeps every decimal. -#}
{% macro up_to(value, point, whole) -%}
    cast(coalesce({{ share_of(value, point, whole, places=10) }}, 0) as decimal(28, 10))
{%- endmacro %}

{#- What a stretch of the way is worth. -#}
{% macro worth_between(value, start, finish, whole) -%}
    cast({{ up_to(value, finish, whole) }} - {{ up_to(value, start, whole) }} as decimal(29, 10))
{%- endmacro %}

{#- The same between two values of the order: nothing and all of it, or the lines before this one and with it. -#}
{% macro moved(value) -%}
    cast(
        {{ worth_between('told.' ~ value ~ '_to', 'moves.moved_from', 'moves.moved_to', 'moves.whole') }}
        - {{ worth_between('told.' ~ value ~ '_from', 'moves.moved_from', 'moves.moved_to', 'moves.whole') }}
        as decimal(38, 10))
{%- endmacro %}
