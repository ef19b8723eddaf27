{#- Where the lake and the run's inputs lie. Relative defaults are relative to this project, so that `dbt parse` needs nothing. -#}
{% macro lake() %}{{ return(env_var('QUARTERDECK_LAKE', '../var/lake')) }}{% endmacro %}

{% macro build_folder() %}{{ return(env_var('QUARTERDECK_BUILD', '../var/build')) }}{% endmacro %}

{#- A raw table, read in place from the lake; the call to source() is what draws the line from raw to staging in the graph. -#}
{% macro raw(crm, name) %}
    {%- do source('raw_' ~ crm, name) -%}
    {{- return(adapter.dispatch('parquet', 'quarterdeck')(lake() ~ '/raw_' ~ crm ~ '/' ~ name, true)) -}}
{% endmacro %}

{#- A table that the run itself hands over: the clocks, the pulls, the ledger. -#}
{% macro run_input(name) %}
    {%- do source('raw_ops', name) -%}
    {{- return(adapter.dispatch('parquet', 'quarterdeck')(build_folder() ~ '/inputs/' ~ name ~ '.parquet', false)) -}}
{% endmacro %}

{% macro duckdb__parquet(path, is_folder) -%}
    read_parquet('{{ path }}{{ "/*.parquet" if is_folder }}'{{ ", union_by_name = true" if is_folder }})
{%- endmacro %}

{% macro spark__parquet(path, is_folder) -%}
    parquet.`{{ path }}`
{%- endmacro %}

{#- A column that only some companies' CRM has (a custom field of company.yaml); null of that type where it is missing. -#}
{% macro optional_column(crm, name, column, type) %}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set found = run_query('select * from ' ~ raw(crm, name) ~ ' limit 0').column_names | map('lower') | list -%}
    {%- endif -%}
    cast({{ column if column in found else 'null' }} as {{ type }})
{%- endmacro %}

{#- The newest version of every record that was known at `known_at`: deleted records and rows in quarantine are out. -#}
{% macro newest_versions(crm, name, more='') -%}
    select versions.*
    from (
        select
            raw.*,
            {{ more }}
            row_number() over (
                partition by raw.key
                order by raw.pulled_at desc, raw.modified_at desc nulls last, raw.is_deleted desc, raw.record_hash desc
            ) as version_no
        from {{ raw(crm, name) }} as raw
        inner join {{ ref('stg_ops__clocks') }} as clocks on raw.pulled_at <= clocks.known_at
    ) as versions
    left join {{ ref('stg_ops__quarantine') }} as quarantine
        on quarantine.source = '{{ crm }}'
        and quarantine.object = '{{ name }}'
        and versions.key = quarantine.key
        and versions.record_hash = quarantine.record_hash
    where versions.version_no = 1 and not versions.is_deleted and quarantine.key is null
{%- endmacro %}

{#- Every version of every record that was known at `known_at`, rows in quarantine apart, in the order of change. -#}
{% macro all_versions(crm, name, created_at='raw.created_at') -%}
    select
        raw.*,
        row_number() over (
            partition by raw.key
            order by raw.modified_at nulls first, raw.pulled_at, raw.is_deleted, raw.record_hash
        ) as version_no,
        {{ first_seen_on(local_date(created_at, 'clocks.time_zone')) }}
        clocks.time_zone as company_zone
    from {{ raw(crm, name) }} as raw
    inner join {{ ref('stg_ops__clocks') }} as clocks on raw.pulled_at <= clocks.known_at
    left join {{ ref('stg_ops__quarantine') }} as quarantine
        on quarantine.source = '{{ crm }}'
        and quarantine.object = '{{ name }}'
        and raw.key = quarantine.key
        and raw.record_hash = quarantine.record_hash
    where quarantine.key is null
{%- endmacro %}

{#- The day a record was first pulled, as a column of the raw log; what the first pull of all brought was there before, since the day it
    says itself. -#}
{% macro first_seen_on(said) -%}
        case
            when min(raw.pulled_at) over (partition by raw.key) > min(raw.pulled_at) over ()
                then {{ local_date('min(raw.pulled_at) over (partition by raw.key)', 'clocks.time_zone') }}
            else {{ said }}
        end as first_seen_on,
{%- endmacro %}

{#- A company file as it is known at `known_at`. -#}
{% macro company_rows(name) -%}
    {{ newest_versions('company', name) }}
{%- endmacro %}

{#- Who owned a record when it was signed: the owner in its newest version up to that day, else in the oldest version we know. -#}
{% macro owner_at_signature(signed_on) -%}
    {%- set changed_on = local_date('raw.modified_at', 'clocks.time_zone') -%}
    {%- set signed = 'coalesce(raw.' ~ signed_on ~ ', ' ~ local_date('raw.created_at', 'clocks.time_zone') ~ ')' -%}
    first_value(raw.owner_id) over (
        partition by raw.key
        order by
            raw.is_deleted,
            case when {{ changed_on }} <= {{ signed }} then raw.modified_at end desc nulls last,
            raw.modified_at asc nulls last,
            raw.pulled_at,
            raw.record_hash
    ) as owner_at_signature_id,
{%- endmacro %}

{#- Which stages say how a deal ended: in Fxiaoke a word of its own (销售状态), in Zoho the stage itself. -#}
{% macro says_how_it_ends(crm) -%}
    case when {{ crm }} = 'fxiaoke' then 'sales_status' else 'opportunities' end
{%- endmacro %}
