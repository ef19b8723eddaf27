{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with training as (
    select * from {{ ref('int_training') }}
),

limits as (
    select
        max(case when threshold_id = 'training_effect_days' then cast(value as integer) end) as effect_days,
        max(case when threshold_id = 'training_effect_people' then cast(value as integer) end) as effect_people
    from {{ ref('dim_thresholds') }}
),

-- A person's rating counts where at least two people gave it.
ratings as (
    select
        appraisals.*,
        count(*) over (partition by appraisals.period, appraisals.employee_no, appraisals.trait) as raters
    from {{ ref('int_appraisals') }} as appraisals
),

-- How a rater rates against everybody in the same period, in standard deviations; with fewer than five ratings nothing is said.
raters as (
    select
        period,
        rater_no,
        min(rated_on) as rated_on,
        min(rater_department_id) as department_id,
        avg(cast(rating as double)) - min(mean_rating) as lean,
        min(spread) as spread
    from (
        select
            appraisals.*,
            history.department_id as rater_department_id,
            avg(cast(appraisals.rating as double)) over (partition by appraisals.period) as mean_rating,
            stddev_samp(cast(appraisals.rating as double)) over (partition by appraisals.period) as spread
        from {{ ref('int_appraisals') }} as appraisals
        left join {{ ref('dim_employee_history') }} as history
            on appraisals.rater_no = history.employee_no
            and history.effective_from <= appraisals.rated_on
            and appraisals.rated_on < history.effective_to
    ) as compared
    group by period, rater_no
    having count(*) >= 5
),

judged as (
    select employee_no, department_id, rated_on, trait, min(appraisal_key) as event_id, max(rating) - min(rating) as apart
    from ratings
    where raters >= 2
    group by employee_no, department_id, rated_on, trait, period
),

-- What a course changed: sales in the days after less those before, of who came against who was due and did not; shown only for groups
-- that are large enough.
effects as (
    select
        training.training_key,
        training.course_id,
        training.employee_no,
        training.department_id,
        training.planned_on,
        training.is_attended,
        sum(coalesce(case when orders.order_date > training.planned_on then orders.net_amount_base else -orders.net_amount_base end, 0)) as change
    from training
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('fct_orders') }} as orders
        on training.employee_no = orders.employee_no and orders.is_counted
        and {{ days_after('training.planned_on', '-limits.effect_days') }} < orders.order_date
        and orders.order_date <= {{ days_after('training.planned_on', 'limits.effect_days') }}
    where {{ days_after('training.planned_on', 'limits.effect_days') }} <= clocks.as_of
    group by
        training.training_key, training.course_id, training.employee_no, training.department_id, training.planned_on, training.is_attended
),

peers as (
    select
        course_id,
        {{ ratio('sum(case when is_attended then 0 else change end)', 'sum(case when is_attended then 0 else 1 end)') }} as usual_change
    from effects
    cross join limits
    group by course_id
    having sum(case when is_attended then 1 else 0 end) >= min(limits.effect_people)
        and sum(case when is_attended then 0 else 1 end) >= min(limits.effect_people)
),

joiners as (
    select employee_no, min(hire_date) as hire_date from {{ ref('dim_employee_history') }} group by employee_no
),

first_orders as (
    select
        orders.employee_no,
        joiners.hire_date,
        orders.order_key,
        orders.order_date,
        orders.department_id,
        row_number() over (partition by orders.employee_no order by orders.order_date, orders.order_key) as place
    from {{ ref('fct_orders') }} as orders
    inner join joiners on orders.employee_no = joiners.employee_no and joiners.hire_date <= orders.order_date
    where orders.is_counted and joiners.hire_date > (select min(order_date) from {{ ref('fct_orders') }})
)

select
    'report_on_time_rate' as metric_id, report_key as event_id, employee_no as entity_id, due_on as event_date, employee_no, department_id,
    case when is_good then 1 else 0 end as numerator, 1 as denominator
from {{ ref('int_reports_due') }}
{% for fault in ['late', 'empty', 'copied'] %}
union all
select 'reports_{{ fault }}', report_key, employee_no, due_on, employee_no, department_id, 1, 0 from {{ ref('int_reports_due') }} where is_{{ fault }}
{% endfor %}
union all
select 'appraisal_score', appraisal_key, employee_no, rated_on, employee_no, department_id, rating, 1 from ratings where raters >= 2
union all
select 'appraisal_spread', event_id, employee_no, rated_on, employee_no, department_id, apart, 1 from judged
union all
select 'rater_bias', period || '|' || rater_no, rater_no, rated_on, rater_no, department_id,
    cast(round(lean, 6) as decimal(18, 6)), cast(round(spread, 6) as decimal(18, 6))
from raters
union all
select 'training_coverage', training_key, employee_no, planned_on, employee_no, department_id, case when is_attended then 1 else 0 end, 1
from training
union all
select 'training_hours_per_head', training_key, employee_no, planned_on, employee_no, department_id,
    case when is_attended then hours else 0 end, 1
from training
union all
select 'training_score_gain', training_key, employee_no, planned_on, employee_no, department_id, post_score - pre_score, 1
from training where is_attended and pre_score is not null and post_score is not null
union all
select 'training_effect', effects.training_key, effects.employee_no, effects.planned_on, effects.employee_no, effects.department_id,
    effects.change - peers.usual_change, 1
from effects inner join peers on effects.course_id = peers.course_id
where effects.is_attended
union all
select 'days_to_first_order', order_key, employee_no, order_date, employee_no, department_id,
    {{ days_between('hire_date', 'order_date') }}, 1
from first_orders where place = 1
