with newest as (
    {{ newest_versions('fxiaoke', 'visits') }}
)

select
    newest.key as visit_id,
    newest.owner_id,
    newest.account_id,
    newest.life_status,
    newest.record_text,
    newest.checked_in_at,
    newest.checked_out_at,
    {{ longitude('newest.checkin_location') }} as longitude,
    {{ latitude('newest.checkin_location') }} as latitude,
    coalesce(cast(newest.visit_date as date), {{ local_date('newest.checked_in_at', 'clocks.time_zone') }}) as visit_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
