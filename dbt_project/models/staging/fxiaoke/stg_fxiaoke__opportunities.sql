with newest as (
    {{ newest_versions('fxiaoke', 'opportunities') }}
)

select
    newest.key as opportunity_id,
    newest.account_id,
    newest.owner_id,
    newest.opportunity_name,
    coalesce(newest.stage_name, newest.stage) as stage,
    newest.sales_status as closing_stage,
    newest.life_status,
    newest.currency_code,
    newest.loss_reason,
    cast(newest.amount as decimal(18, 4)) as amount,
    cast(newest.probability as decimal(18, 6)) as probability,
    cast(newest.exchange_rate as decimal(18, 6)) as exchange_rate,
    cast(newest.close_date as date) as close_date,
    {{ local_date('newest.created_at', 'clocks.time_zone') }} as created_date,
    {{ local_date('newest.stage_changed_at', 'clocks.time_zone') }} as stage_changed_date
from newest
cross join {{ ref('stg_ops__clocks') }} as clocks
