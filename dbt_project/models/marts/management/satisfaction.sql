-- A share without its sample is a rumour: beside it stand n, the response rate, the 95 % Wilson interval and what may be claimed.
with answers as (
    select answers.*, months.period as answered_wave
    from {{ ref('int_survey_answers') }} as answers
    left join {{ ref('int_period_months') }} as months
        on months.period_type = 'quarter' and months.month = {{ period_start('month', 'answers.answered_on') }}
),

limits as (
    select max(case when threshold_id = 'csat_min_answers' then value end) as min_answers from {{ ref('dim_thresholds') }}
),

-- What a customer is worth to the second series: what it bought in the year before it answered.
weighed as (
    select
        answers.response_key,
        sum(greatest(orders.net_amount_base, 0)) as weight
    from answers
    inner join {{ ref('fct_orders') }} as orders
        on answers.customer_key = orders.customer_key
        and orders.is_counted
        and orders.order_date <= answers.answered_on
        and {{ days_after('answers.answered_on', -365) }} < orders.order_date
    group by answers.response_key
),

events as (
    select wave, department_id, channel, 1 as sent, case when answered_on < wave_ends_before then 1 else 0 end as in_wave,
        0 as answers, 0 as top_two, cast(0 as decimal(28, 4)) as weight, cast(0 as decimal(28, 4)) as top_weight
    from answers
    union all
    select answers.answered_wave, answers.department_id, answers.channel, 0, 0, 1, case when answers.score >= 4 then 1 else 0 end,
        coalesce(weighed.weight, 0), case when answers.score >= 4 then coalesce(weighed.weight, 0) else 0 end
    from answers
    left join weighed on answers.response_key = weighed.response_key
    where answers.score is not null
),

scoped as (
    select wave, 'company' as scope_type, 'company' as scope_id, 'all' as channel, sent, in_wave, answers, top_two, weight, top_weight from events
    union all
    select wave, 'company', 'company', coalesce(channel, 'unknown'), sent, in_wave, answers, top_two, weight, top_weight from events
    union all
    select wave, 'department', coalesce(department_id, 'unassigned'), 'all', sent, in_wave, answers, top_two, weight, top_weight from events
),

summed as (
    select
        wave,
        scope_type,
        scope_id,
        channel,
        sum(sent) as sent,
        sum(in_wave) as answered_in_wave,
        sum(answers) as answers,
        sum(top_two) as top_two,
        sum(weight) as weight,
        sum(top_weight) as top_weight
    from scoped
    group by wave, scope_type, scope_id, channel
),

-- z = 1.959964 is the 97.5 % point of the normal distribution.
measured as (
    select
        summed.*,
        cast(top_two as double) / nullif(answers, 0) as share,
        cast(nullif(answers, 0) as double) as n,
        1.959963984540054 as z
    from summed
),

intervals as (
    select
        measured.*,
        (share + z * z / (2 * n) - z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n) as low,
        (share + z * z / (2 * n) + z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n) as high
    from measured
),

judged as (
    select
        intervals.*,
        targets.amount as target,
        departments.department_name,
        clocks.company_name,
        limits.min_answers
    from intervals
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('int_period_months') }} as waves
        on waves.period_type = 'quarter' and intervals.wave = waves.period and waves.month = waves.period_start
    left join {{ ref('int_targets') }} as targets
        on targets.metric_id = 'csat'
        and targets.period_type = 'quarter'
        and waves.period_start = targets.period_start
        and intervals.scope_type = targets.scope_type
        and intervals.scope_id = targets.scope_id
    left join {{ ref('dim_departments') }} as departments
        on intervals.scope_type = 'department' and intervals.scope_id = departments.department_id
)

select
    wave,
    scope_type,
    scope_id,
    coalesce(department_name, case when scope_type = 'company' then company_name else '未分配' end) as scope_name,
    channel,
    cast(sent as bigint) as sent,
    cast(answered_in_wave as bigint) as answered_in_wave,
    cast({{ ratio('answered_in_wave', 'sent') }} as decimal(9, 6)) as response_rate,
    cast(answers as bigint) as answers,
    cast(top_two as bigint) as top_two,
    cast({{ ratio('top_two', 'answers') }} as decimal(9, 6)) as share,
    cast(round(low, 6) as decimal(9, 6)) as wilson_low,
    cast(round(high, 6) as decimal(9, 6)) as wilson_high,
    cast({{ ratio('top_weight', 'weight') }} as decimal(9, 6)) as share_by_revenue,
    cast(target as decimal(9, 6)) as target,
    case
        when answers = 0 or target is null then null
        when answers < min_answers then 'too_few'
        when low >= target then 'met'
        when high < target then 'not_met'
        else 'undecided'
    end as verdict
from judged
