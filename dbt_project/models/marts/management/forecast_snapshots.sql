-- The pipeline as it stood 90, 60, 30 and 0 days before a quarter ended, and as it stands today; what came of it stands beside it.
with quarters as (
    select period, period_start, period_end, {{ days_after('period_end', '-1') }} as last_day
    from {{ ref('int_period_months') }}
    where period_type = 'quarter' and month = period_start
),

limits as (
    select
        max(case when threshold_id = 'forecast_commit_from' then value end) as commit_from,
        max(case when threshold_id = 'forecast_best_from' then value end) as best_from
    from {{ ref('dim_thresholds') }}
),

states as (
    select
        states.opportunity_key,
        states.valid_from,
        states.valid_to,
        states.status,
        states.category,
        states.amount,
        states.probability,
        states.close_date,
        coalesce(states.department_id, opportunities.department_id) as department_id,
        coalesce(states.currency_code, opportunities.currency_code) as currency_code,
        opportunities.amount as amount_now,
        opportunities.amount_base as amount_base_now
    from {{ ref('opportunity_history') }} as states
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('fct_opportunities') }} as opportunities on states.opportunity_key = opportunities.opportunity_key
    where states.known_to is null and states.valid_from <= clocks.as_of
),

-- From when on we know how deals stood: Zoho remembers stages, of Fxiaoke nothing is known before our first night.
remembered as (
    select
        history.crm,
        case
            when max(case when history.told_by = 'deal_history' then 1 else 0 end) = 1 then min(history.valid_from)
            else {{ days_after(local_date('min(history.known_from)', 'min(clocks.time_zone)'), -1) }}
        end as since
    from {{ ref('opportunity_history') }} as history
    cross join {{ ref('clocks') }} as clocks
    group by history.crm
),

snapshots as (
    {% for days in [90, 60, 30, 0] %}
    select 'T-{{ days }}' as snapshot, quarters.period, quarters.period_start, quarters.period_end, {{ days_after('quarters.last_day', -days) }} as snapshot_on
    from quarters
    cross join {{ ref('clocks') }} as clocks
    where {{ days_after('quarters.last_day', -days) }} <= clocks.as_of
        and {{ days_after('quarters.last_day', -days) }} >= (select min(valid_from) from states)
    union all
    {% endfor %}
    select 'today', quarters.period, quarters.period_start, quarters.period_end, clocks.as_of
    from quarters
    cross join {{ ref('clocks') }} as clocks
    where clocks.as_of < quarters.period_end and quarters.period_start <= {{ add_months('clocks.as_of', 3) }}
),

won as (
    select opportunity_key, department_id, closed_date, coalesce(amount_base, 0) as amount from {{ ref('fct_opportunities') }} where status = 'won'
),

open_deals as (
    select
        snapshots.snapshot,
        snapshots.period,
        states.department_id,
        coalesce(states.category, case
            when states.probability >= limits.commit_from then 'commit' when states.probability >= limits.best_from then 'best_case' else 'pipeline'
        end) as category,
        case
            when coalesce(states.currency_code, clocks.currency_code) = clocks.currency_code then coalesce(states.amount, 0)
            when rates.rate is not null then {{ in_base('coalesce(states.amount, 0)', 'rates.rate') }}
            else coalesce({{ share_of('states.amount', 'states.amount_base_now', 'states.amount_now') }}, 0)  -- no rate that early: today's
        end as amount,
        coalesce(states.probability, 0) as probability,
        case when later.status = 'open' and clocks.as_of >= {{ days_after('snapshots.period_end', '-1') }} then 1 else 0 end as is_slipped
    from snapshots
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    inner join states
        on states.valid_from <= snapshots.snapshot_on and snapshots.snapshot_on < states.valid_to
        and states.status = 'open'
        and snapshots.period_start <= states.close_date and states.close_date < snapshots.period_end
    left join states as later
        on states.opportunity_key = later.opportunity_key
        and later.valid_from < snapshots.period_end and snapshots.period_end <= later.valid_to
    left join {{ ref('int_exchange_rates') }} as rates
        on rates.rate_type = 'market'
        and states.currency_code = rates.currency_code
        and rates.valid_from <= snapshots.snapshot_on
        and snapshots.snapshot_on < rates.valid_to
),

parts as (
    select
        snapshots.snapshot, snapshots.period, won.department_id, 'won' as what, sum(won.amount) as amount, cast(0 as decimal(38, 6)) as weighted,
        count(*) as deals, 0 as slipped, cast(0 as decimal(38, 6)) as slipped_amount
    from snapshots
    inner join won on snapshots.period_start <= won.closed_date and won.closed_date <= snapshots.snapshot_on and won.closed_date < snapshots.period_end
    group by snapshots.snapshot, snapshots.period, won.department_id
    union all
    select
        snapshots.snapshot, snapshots.period, won.department_id, 'actual', sum(won.amount), 0, count(*), 0, 0
    from snapshots
    inner join won on snapshots.period_start <= won.closed_date and won.closed_date < snapshots.period_end
    group by snapshots.snapshot, snapshots.period, won.department_id
    union all
    select
        snapshot, period, department_id, category, sum(amount), sum(cast(round(amount * probability, 6) as decimal(38, 6))), count(*), sum(is_slipped),
        sum(case when is_slipped = 1 then amount else 0 end)
    from open_deals
    group by snapshot, period, department_id, category
    union all
    select
        snapshots.snapshot, snapshots.period, calls.department_id, calls.level || '_call', sum(calls.amount), 0, 0, 0, 0
    from snapshots
    inner join {{ ref('int_forecast_calls') }} as calls
        on snapshots.period = calls.period and calls.called_on <= snapshots.snapshot_on and snapshots.snapshot_on < calls.called_again_on
    group by snapshots.snapshot, snapshots.period, calls.department_id, calls.level
),

scoped as (
    select parts.*, 'company' as scope_type, 'company' as scope_id from parts
    union all
    select parts.*, 'department', coalesce(department_id, 'unassigned') from parts
),

summed as (
    select
        snapshot,
        period,
        scope_type,
        scope_id,
        sum(case when what = 'won' then amount else 0 end) as won_to_date,
        sum(case when what = 'actual' then amount else 0 end) as won_in_all,
        {% for category in ['commit', 'best_case', 'pipeline'] %}
        sum(case when what = '{{ category }}' then amount else 0 end) as {{ category }}_amount,
        {% endfor %}
        sum(weighted) as weighted,
        sum(case when what in ('commit', 'best_case', 'pipeline') then deals else 0 end) as open_deals,
        sum(slipped) as slipped_deals,
        sum(slipped_amount) as slipped_amount,
        sum(case when what = 'rep_call' then amount end) as rep_call,
        sum(case when what = 'manager_call' then amount end) as manager_call
    from scoped
    group by snapshot, period, scope_type, scope_id
),

judged as (
    select
        summed.*,
        snapshots.snapshot_on,
        {{ days_between('snapshots.snapshot_on', days_after('snapshots.period_end', '-1')) }} as days_left,
        clocks.as_of >= {{ days_after('snapshots.period_end', '-1') }} as is_over,
        summed.commit_amount + summed.best_case_amount + summed.pipeline_amount as open_amount,
        summed.won_to_date + summed.weighted as forecast,
        coalesce(remembered.since, whole.since) <= snapshots.snapshot_on as is_remembered,
        cast(coalesce(targets.amount, targets.quantity) as decimal(38, 6)) as target
    from summed
    cross join {{ ref('clocks') }} as clocks
    inner join snapshots on summed.snapshot = snapshots.snapshot and summed.period = snapshots.period
    cross join (select max(since) as since from remembered) as whole
    left join {{ ref('dim_departments') }} as departments on summed.scope_type = 'department' and summed.scope_id = departments.department_id
    left join remembered on departments.crm = remembered.crm
    left join {{ ref('int_targets') }} as targets
        on targets.metric_id = 'signed_sales' and targets.period_type = 'quarter' and snapshots.period_start = targets.period_start
        and summed.scope_type = targets.scope_type and summed.scope_id = targets.scope_id
)

select
    period,
    snapshot,
    scope_type,
    scope_id,
    cast(won_to_date as decimal(38, 6)) as won_to_date,
    cast(case when is_remembered then commit_amount end as decimal(38, 6)) as commit_amount,
    cast(case when is_remembered then best_case_amount end as decimal(38, 6)) as best_case_amount,
    cast(case when is_remembered then pipeline_amount end as decimal(38, 6)) as pipeline_amount,
    cast(case when is_remembered then weighted end as decimal(38, 6)) as weighted_amount,
    cast(case when is_remembered then forecast end as decimal(38, 6)) as forecast_amount,
    cast(rep_call as decimal(38, 6)) as rep_call,
    cast(manager_call as decimal(38, 6)) as manager_call,
    cast(case when is_over then won_in_all end as decimal(38, 6)) as actual_amount,
    case when is_remembered and is_over and won_in_all > 0 then cast(1 - {{ ratio('abs(won_in_all - forecast)', 'won_in_all') }} as decimal(38, 6)) end as accuracy,
    case when is_remembered and is_over and won_in_all > 0 then {{ ratio('forecast - won_in_all', 'won_in_all') }} end as bias,
    target,
    case when is_remembered and target > won_to_date then {{ ratio('open_amount', 'target - won_to_date') }} end as coverage,
    cast(case when is_remembered then open_deals end as integer) as open_deals,
    cast(case when is_remembered and is_over then slipped_deals end as integer) as slipped_deals,
    cast(case when is_remembered and is_over then slipped_amount end as decimal(38, 6)) as slipped_amount,
    case when is_remembered and is_over then {{ ratio('slipped_amount', 'open_amount') }} end as slippage_rate,
    cast(days_left as integer) as days_left,
    is_over,
    snapshot_on
from judged
