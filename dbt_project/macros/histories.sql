{#- Versions of an object told attribute by attribute: `attributes` maps our word to the column, as text. -#}
{% macro attribute_versions(crm, name, attributes) -%}
    {%- for attribute, value in attributes.items() %}
    select
        '{{ crm }}' as crm, '{{ name }}' as object, key as record_id, '{{ attribute }}' as attribute,
        cast({{ value }} as {{ dbt.type_string() }}) as value, is_deleted,
        coalesce(modified_at, pulled_at) as changed_at, pulled_at as known_from, record_hash,
        {{ local_date('coalesce(modified_at, pulled_at)', 'company_zone') }} as changed_on
    from {{ name }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
