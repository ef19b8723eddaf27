{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with training as (
    select * from {{ ref('int_training') }}
),

-- A person's rating counts where at least two people gave it.
ratings as (
    select
        appraisals.*,
        count(*) over (partition by appraisals.period, appraisals.employee_no, appraisals.trait) as raters
    from {{ ref('int_appraisals') }} as appraisals
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
union all
select 'appraisal_score', appraisal_key, employee_no, rated_on, employee_no, department_id, rating, 1 from ratings where raters >= 2
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
select 'days_to_first_order', order_key, employee_no, order_date, employee_no, department_id,
    {{ days_between('hire_date', 'order_date') }}, 1
from first_orders where place = 1
