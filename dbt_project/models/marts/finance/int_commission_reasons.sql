{{ config(schema='intermediate', contract={'enforced': false}) }}


-- Why a closed month would come out otherwise today: its events as the close kept them, beside its events as they are known now.
with before as (
    select * from {{ ref('int_commission_made_of') }}
),

credited as (
    select
        credits.event_id,
        credits.payee_no,
        credits.plan_id,
        credits.plan_hash,
        credits.component_id,
        max(credits.customer_key) as customer_key,
        max(credits.fx_rate) as fx_rate,
        sum(credits.share) as share
    from {{ ref('commission_credits') }} as credits
    group by credits.event_id, credits.payee_no, credits.plan_id, credits.plan_hash, credits.component_id
),

now as (
    select
        events.event_id,
        events.payee_no,
        events.plan_id,
        events.component_id,
        events.month,
        max(events.event_date) as event_date,
        max(events.plan_hash) as plan_hash,
        max(events.window_period) as window_period,
        max(credited.customer_key) as customer_key,
        max(credited.fx_rate) as fx_rate,
        max(credited.share) as share,
        sum(events.base_amount) as base_amount
    from {{ ref('commission_earning_events') }} as events
    inner join {{ ref('dim_commission_periods') }} as periods on events.month = periods.period and periods.state in ('closed', 'paid')
    left join credited
        on events.event_id = credited.event_id
        and events.payee_no = credited.payee_no
        and events.plan_id = credited.plan_id
        and (events.plan_hash = credited.plan_hash or events.rule in ('undo', 'return'))
        and events.component_id = credited.component_id
    group by events.event_id, events.payee_no, events.plan_id, events.component_id, events.month
),

known_before as (
    select distinct event_id from before
),

shared_now as (
    select event_id
    from now
    group by event_id
    having count(distinct payee_no) > 1
),

changes as (
    select
        coalesce(now.payee_no, before.payee_no) as payee_no,
        coalesce(now.plan_id, before.plan_id) as plan_id,
        coalesce(now.component_id, before.component_id) as component_id,
        coalesce(now.month, before.month) as month,
        coalesce(now.window_period, before.window_period) as window_period,
        before.is_by_this_code,
        case
            when (now.event_id is null or before.event_id is null) and shared_now.event_id is not null and known_before.event_id is not null
                then 'split'
            when before.event_id is null and known_before.event_id is null then case
                when {{ days_between('now.event_date', 'told.first_seen_on') }} > plans.backdating_review_days then 'backdated'
                else 'late'
            end
            when before.event_id is null or now.event_id is null then 'data'
            when now.share <> before.share then 'split'
            when now.plan_hash <> before.plan_hash then 'plan'
            when now.customer_key is distinct from before.customer_key then 'merge'
            when now.fx_rate <> before.fx_rate then 'fx'
            when now.base_amount <> before.base_amount then 'data'
            else 'none'
        end as change
    from before
    full outer join now
        on before.event_id = now.event_id
        and before.payee_no = now.payee_no
        and before.plan_id = now.plan_id
        and before.component_id = now.component_id
        and before.month = now.month
    left join known_before on coalesce(now.event_id, before.event_id) = known_before.event_id
    left join shared_now on coalesce(now.event_id, before.event_id) = shared_now.event_id
    left join {{ ref('commission_events') }} as told on now.event_id = told.event_id
    left join {{ ref('int_plan_rules') }} as plans on now.plan_id = plans.plan_id and now.plan_hash = plans.plan_hash and plans.kind = 'plan'
),

counted as (
    select
        payee_no,
        plan_id,
        component_id,
        month,
        max(window_period) as window_period,
        sum(case when change = 'split' then 1 else 0 end) as splits,
        sum(case when change = 'plan' then 1 else 0 end) as plans,
        sum(case when change = 'merge' then 1 else 0 end) as merges,
        sum(case when change = 'fx' then 1 else 0 end) as rates,
        sum(case when change = 'late' then 1 else 0 end) as late,
        sum(case when change = 'backdated' then 1 else 0 end) as backdated,
        sum(case when change = 'data' then 1 else 0 end) as corrected,
        sum(case when change <> 'none' then 1 else 0 end) as changed,
        max(case when is_by_this_code then 1 else 0 end) as by_this_code
    from changes
    group by payee_no, plan_id, component_id, month
),

-- A month of which nothing changed moves with another month of its window: the steps of the table shift.
moved as (
    select
        payee_no,
        plan_id,
        component_id,
        window_period,
        min(case when changed > 0 then month end) as first_month,
        max(splits) as splits,
        max(plans) as plans
    from counted
    group by payee_no, plan_id, component_id, window_period
)

select
    counted.payee_no,
    counted.plan_id,
    counted.component_id,
    counted.month as origin_period,
    case
        when counted.splits > 0 then 'split'
        when counted.plans > 0 then 'plan'
        when counted.merges > 0 then 'merge'
        when counted.rates > 0 then 'fx'
        when counted.backdated > 0 then 'backdated'
        when counted.late > 0 then 'late'
        when counted.corrected > 0 then 'data'
        when moved.first_month is not null then 'window'
        when counted.by_this_code = 1 then 'decision'
        else 'code'
    end as reason_class,
    case
        when counted.splits > 0 or (counted.changed = 0 and moved.splits > 0) then 'ADJ_SPLIT'
        when counted.plans > 0 or (counted.changed = 0 and moved.plans > 0) then 'ADJ_PLAN'
        else 'ADJ_DATA'
    end as entry_type,
    case
        when counted.changed > 0 then concat_ws(
            '；',
            case when counted.splits > 0 then '分成调整 ' || cast(counted.splits as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.plans > 0 then '办法更正 ' || cast(counted.plans as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.merges > 0 then '客户合并 ' || cast(counted.merges as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.rates > 0 then '汇率更正 ' || cast(counted.rates as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.backdated > 0 then '倒填事实 ' || cast(counted.backdated as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.late > 0 then '迟到事实 ' || cast(counted.late as {{ dbt.type_string() }}) || ' 笔' end,
            case when counted.corrected > 0 then '数据更正 ' || cast(counted.corrected as {{ dbt.type_string() }}) || ' 笔' end
        )
        when moved.first_month is not null then '同一累计窗口内 ' || moved.first_month || ' 有变动'
        when counted.by_this_code = 1 then '考核数或决定有变动'
        else '计算程序更新'
    end as reason
from counted
left join moved
    on counted.payee_no = moved.payee_no
    and counted.plan_id = moved.plan_id
    and counted.component_id = moved.component_id
    and counted.window_period = moved.window_period
