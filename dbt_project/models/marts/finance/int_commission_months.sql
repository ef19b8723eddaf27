{{ config(schema='intermediate', contract={'enforced': false}) }}
{%- set payee = ['payee_no', 'plan_id'] -%}
{%- set never = "cast('9999-12-31' as date)" -%}
with clocks as (
    select {{ period_start('month', 'as_of') }} as last_month
    from {{ ref('clocks') }}
),

versions as (
    select * from {{ ref('int_plan_rules') }} where kind = 'plan'
),

starts as (
    select plan_id, min(valid_from) as starts_on, max(plan_version) as newest_version
    from versions
    group by plan_id
),

assignments as (
    select assigned.payee_no, assigned.plan_id, assigned.valid_from, coalesce(assigned.valid_to, {{ never }}) as valid_to, starts.starts_on
    from {{ ref('commission_assignments') }} as assigned
    inner join starts on assigned.plan_id = starts.plan_id
),

left_days as (
    select payee_no, max(leave_date) as left_on
    from {{ ref('commission_people') }}
    where leave_date is not null
    group by payee_no
),

spans as (
    select payee_no, plan_id, min(first_month) as first_month
    from (
        select payee_no, plan_id, {{ period_start('month', 'greatest(valid_from, starts_on)') }} as first_month from assignments
        union all
        select payee_no, plan_id, cast(min(month) || '-01' as date) as first_month from {{ ref('commission_earnings') }} group by payee_no, plan_id
        union all
        select payee_no, plan_id, cast(min(posting_period) || '-01' as date) as first_month
        from {{ ref('int_commission_awards') }}
        group by payee_no, plan_id
        union all
        select payee_no, plan_id, cast(min(posting_period) || '-01' as date) as first_month
        from {{ ref('fct_commission_entries') }}
        where plan_id in (select plan_id from versions)
        group by payee_no, plan_id
    ) as beginnings
    group by payee_no, plan_id
),

spine as (
    select spans.payee_no, spans.plan_id, {{ each('month', 'spans.first_month', 'clocks.last_month') }} as month_first
    from spans
    cross join clocks
),

-- Every month of a payee under a plan, with the version whose guards act: the newest in force in the month, else the newest.
payee_months as (
    select
        spine.payee_no,
        spine.plan_id,
        spine.month_first,
        {{ period_name('month', 'spine.month_first') }} as month,
        {{ plus_days(add_months('spine.month_first', 1), -1) }} as month_last,
        coalesce(max(versions.plan_version), max(starts.newest_version)) as plan_version,
        max({{ period_name('month', 'left_days.left_on') }}) as left_month
    from spine
    cross join clocks
    inner join starts on spine.plan_id = starts.plan_id
    left join versions
        on spine.plan_id = versions.plan_id
        and versions.valid_from <= {{ plus_days(add_months('spine.month_first', 1), -1) }}
        and spine.month_first <= versions.valid_to
    left join left_days on spine.payee_no = left_days.payee_no
    where spine.month_first <= clocks.last_month
    group by spine.payee_no, spine.plan_id, spine.month_first
),

under_plan as (
    select distinct payee_months.payee_no, payee_months.plan_id, payee_months.month
    from payee_months
    inner join assignments
        on {{ same_keys('payee_months', 'assignments', payee) }}
        and assignments.valid_from <= payee_months.month_last
        and payee_months.month_first <= assignments.valid_to
)

select
    payee_months.*,
    under_plan.month is not null as is_under_plan
from payee_months
left join under_plan on {{ same_keys('payee_months', 'under_plan', ['payee_no', 'plan_id', 'month']) }}
