with newest as (
    {{ newest_versions('zoho', 'visits') }}
)

select
    newest.key as visit_id,
    newest.owner_id,
    case when newest.related_module = 'Accounts' or newest.related_module is null then newest.related_id end as account_id,
    case when newest.related_module in ('Deals', 'Potentials') then newest.related_id end as opportunity_id,
    newest.record_text,
    newest.checked_in_at,
    newest.ended_at as checked_out_at,
    {{ local_date('newest.checked_in_at', 'clocks.time_zone') }} as visit_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
