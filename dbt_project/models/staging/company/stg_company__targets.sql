with newest as (
    {{ newest_versions('company', 'targets') }}
)

select
    key as target_id,
    metric_id,
    scope_type,
    scope_id,
    period,
    agreed_by,
    is_challenge,
    is_prorated,
    cast(stretch as decimal(18, 6)) as stretch,
    cast(agreed_on as date) as agreed_on,
    cast(version as integer) as version,
    cast(quantity as decimal(18, 6)) as quantity,
    cast(amount as decimal(18, 4)) as amount,
    cast(period_start as date) as period_start,
    cast(period_end as date) as period_end,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
