{{ config(schema='intermediate', contract={'enforced': false}) }}


-- A target counts in the period in which it starts. A quarter without a target of its own is the sum of its months, a year that of
-- its quarters; a department without one that of its people, the company that of its departments. Only sums can be rolled up.
{{ ranked_targets() }},

-- Somebody who came or left within the period bears the share of workdays employed, where the target says so.
employed as (
    select employee_no, min(hire_date) as hire_date, max(leave_date) as leave_date
    from {{ ref('dim_employee_history') }}
    group by employee_no
),

shares as (
    select
        ranked.scope_id,
        ranked.starts_on,
        ranked.ends_before,
        sum(case
            when coalesce(employed.hire_date, days.date_day) <= days.date_day and days.date_day <= coalesce(employed.leave_date, days.date_day)
                then days.workday_weight
            else 0
        end) as employed_weight,
        sum(days.workday_weight) as whole_weight
    from (
        select distinct scope_id, starts_on, ends_before from ranked where place = 1 and scope_type = 'rep' and is_prorated
    ) as ranked
    inner join {{ ref('dim_dates') }} as days on ranked.starts_on <= days.date_day and days.date_day < ranked.ends_before
    inner join employed on ranked.scope_id = employed.employee_no
    group by ranked.scope_id, ranked.starts_on, ranked.ends_before
),

borne as (
    select
        ranked.metric_id,
        ranked.scope_type,
        coalesce(accounts.customer_key, ranked.scope_id) as scope_id,  -- a customer is written as one of its accounts
        ranked.period_type,
        months.period_start,
        ranked.version,
        ranked.stretch,
        coalesce(ranked.is_challenge, false) as is_challenge,
        case when shares.scope_id is null then ranked.amount else {{ share_of('ranked.amount', 'shares.employed_weight', 'shares.whole_weight', scale=6) }} end as amount,
        case when shares.scope_id is null then ranked.quantity else {{ share_of('ranked.quantity', 'shares.employed_weight', 'shares.whole_weight', scale=6) }} end as quantity
    from ranked
    inner join {{ ref('int_period_months') }} as months
        on ranked.period_type = months.period_type and months.month = {{ period_start('month', 'ranked.starts_on') }}
    left join shares
        on ranked.scope_type = 'rep'
        and ranked.is_prorated
        and ranked.scope_id = shares.scope_id
        and ranked.starts_on = shares.starts_on
        and ranked.ends_before = shares.ends_before
    left join {{ ref('int_customer_accounts') }} as accounts on ranked.scope_type = 'customer' and ranked.scope_id = accounts.account
    where ranked.place = 1
),

own as (
    select
        metric_id,
        scope_type,
        scope_id,
        period_type,
        period_start,
        'own' as origin,
        max(version) as version,
        max(stretch) as stretch,
        max(case when is_challenge then 1 else 0 end) = 1 as is_challenge,
        sum(amount) as amount,
        sum(quantity) as quantity
    from borne
    group by metric_id, scope_type, scope_id, period_type, period_start
),

sums as (
    select metric_id from {{ ref('metric_registry') }} where kind = 'sum' and timing = 'flow'
),

-- Each pass reads the one before once: a row stands for itself and for what it is a part of; what stands there by itself wins.
steps as (
    select 0 as step
    union all
    select 1 as step
),

{% for name, parts, is_part, period_type, period_start, scope_type, scope_id in [
    ('quartered', 'own', "parts.period_type = 'month'", "'quarter'", 'months.period_start', 'parts.scope_type', 'parts.scope_id'),
    ('whole', 'quartered', "parts.period_type = 'quarter'", "'year'", 'months.period_start', 'parts.scope_type', 'parts.scope_id'),
    ('up_to_department', 'whole', "parts.scope_type = 'rep'", 'parts.period_type', 'parts.period_start', "'department'", 'people.department_id'),
    ('up_to_company', 'up_to_department', "parts.scope_type = 'department'", 'parts.period_type', 'parts.period_start', "'company'", "'company'"),
] %}
{{ name }} as (
    select metric_id, scope_type, scope_id, period_type, period_start, version, stretch, is_challenge, origin, amount, quantity
    from (
        select
            raised.metric_id,
            raised.scope_type,
            raised.scope_id,
            raised.period_type,
            raised.period_start,
            raised.step,
            min(raised.step) over (
                partition by raised.metric_id, raised.scope_type, raised.scope_id, raised.period_type, raised.period_start
            ) as nearest,
            max(raised.version) as version,
            max(raised.stretch) as stretch,
            max(case when raised.is_challenge then 1 else 0 end) = 1 as is_challenge,
            max(raised.origin) as origin,
            sum(raised.amount) as amount,
            sum(raised.quantity) as quantity
        from (
            select
                parts.metric_id,
                steps.step,
                case when steps.step = 0 then parts.scope_type else {{ scope_type }} end as scope_type,
                case when steps.step = 0 then parts.scope_id else {{ scope_id }} end as scope_id,
                case when steps.step = 0 then parts.period_type else {{ period_type }} end as period_type,
                case when steps.step = 0 then parts.period_start else {{ period_start }} end as period_start,
                case when steps.step = 0 then parts.origin else 'parts' end as origin,
                case when steps.step = 0 then parts.stretch end as stretch,
                steps.step = 0 and parts.is_challenge as is_challenge,
                parts.version,
                parts.amount,
                parts.quantity
            from {{ parts }} as parts
            cross join steps
            left join sums on parts.metric_id = sums.metric_id
            {%- if scope_id == 'people.department_id' %}
            left join {{ ref('dim_employee_history') }} as people
                on steps.step = 1
                and parts.scope_id = people.employee_no
                and people.effective_from <= parts.period_start
                and parts.period_start < people.effective_to
            {%- elif period_start == 'months.period_start' %}
            left join {{ ref('int_period_months') }} as months
                on steps.step = 1 and months.period_type = {{ period_type }} and parts.period_start = months.month
            {%- endif %}
            where
                steps.step = 0
                or ({{ is_part }} and sums.metric_id is not null
                    {%- if scope_id == 'people.department_id' %} and people.employee_no is not null{% elif period_start == 'months.period_start' %} and months.month is not null{% endif %})
        ) as raised
        group by raised.metric_id, raised.scope_type, raised.scope_id, raised.period_type, raised.period_start, raised.step
    ) as stood
    where step = nearest
){{ ',' if not loop.last }}

{% endfor %}
select
    metric_id,
    scope_type,
    scope_id,
    period_type,
    period_start,
    cast(version as integer) as version,
    origin,
    is_challenge,
    cast(stretch as decimal(18, 6)) as stretch,
    cast(amount as decimal(38, 6)) as amount,
    cast(quantity as decimal(38, 6)) as quantity
from up_to_company
