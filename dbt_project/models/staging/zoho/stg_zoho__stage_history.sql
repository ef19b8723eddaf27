{{ config(materialized='ephemeral') }}

-- A row is written again when its stage is left; the moment it was entered stays, and so does what was first known of it.
with versions as (
    {{ all_versions('zoho', 'stage_history', 'raw.modified_at') }}
),

placed as (
    select
        versions.*,
        row_number() over (partition by key order by pulled_at desc, modified_at desc, record_hash) as place,
        min(pulled_at) over (partition by key) as known_from
    from versions
)

select
    key as history_id,
    opportunity_id,
    stage,
    cast(amount as decimal(18, 4)) as amount,
    cast(probability as decimal(18, 6)) as probability,
    cast(close_date as date) as close_date,
    modified_at as changed_at,
    known_from,
    {{ local_date('modified_at', 'company_zone') }} as changed_on
from placed
where place = 1 and not is_deleted and opportunity_id is not null
