with told as (
    select * from {{ ref('stg_fxiaoke__attribute_versions') }}
    union all
    select * from {{ ref('stg_zoho__attribute_versions') }}
),

compared as (
    select
        told.*,
        row_number() over (partition by crm, object, record_id, attribute order by changed_at, known_from, record_hash) as version_no,
        lag(value) over (partition by crm, object, record_id, attribute order by changed_at, known_from, record_hash) as value_before,
        lag(is_deleted) over (partition by crm, object, record_id, attribute order by changed_at, known_from, record_hash) as was_deleted
    from told
),

changes as (
    select
        compared.*,
        lead(changed_on) over (partition by crm, object, record_id, attribute order by version_no) as next_on,
        lead(known_from) over (partition by crm, object, record_id, attribute order by version_no) as next_known
    from compared
    where version_no = 1 or is_deleted <> was_deleted or coalesce(value, '') <> coalesce(value_before, '')
),

-- What is known of a value by now, and what was believed of the days after it until the next one was known.
stretches as (
    select changes.*, changed_on as valid_from, coalesce(next_on, cast('9999-12-31' as date)) as valid_to, cast(null as timestamp) as known_to
    from changes
    where next_on is null or changed_on < next_on
    union all
    select changes.*, next_on, cast('9999-12-31' as date), next_known
    from changes
    where next_on is not null and known_from < next_known
)

select
    {{ hash_key('crm', "object || ' ' || record_id || ' ' || attribute || ' ' || cast(version_no as " ~ dbt.type_string() ~ ") || ' ' || cast(valid_from as "
        ~ dbt.type_string() ~ ")") }} as history_key,
    crm,
    object,
    record_id,
    attribute,
    value,
    is_deleted,
    valid_from,
    valid_to,
    known_from,
    known_to
from stretches
