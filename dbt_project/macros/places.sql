{#- Degrees out of a place as Fxiaoke writes it: `<longitude>#%$<latitude>#%$<address>`; null where it is no place. -#}
{% macro longitude(place) -%}
    try_cast({{ dbt.split_part("replace(replace(" ~ place ~ ", '\"', ''), '#%$', '|')", "'|'", 1) }} as double)
{%- endmacro %}

{% macro latitude(place) -%}
    try_cast({{ dbt.split_part("replace(replace(" ~ place ~ ", '\"', ''), '#%$', '|')", "'|'", 2) }} as double)
{%- endmacro %}

{#- Metres between two places on a round earth, null where one is not known. -#}
{% macro metres_between(one, other) -%}
    2 * 6371000 * asin(sqrt(
        pow(sin(radians({{ other }}.latitude - {{ one }}.latitude) / 2), 2)
        + cos(radians({{ one }}.latitude)) * cos(radians({{ other }}.latitude))
        * pow(sin(radians({{ other }}.longitude - {{ one }}.longitude) / 2), 2)
    ))
{%- endmacro %}
