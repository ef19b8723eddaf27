{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    md5('training:' || training.row_key) as training_key,
    training.course_id,
    training.employee_no,
    history.department_id,
    training.planned_on,
    training.is_attended,
    training.hours,
    training.pre_score,
    training.post_score
from {{ ref('stg_company__training') }} as training
cross join {{ ref('clocks') }} as clocks
left join {{ ref('dim_employee_history') }} as history
    on training.employee_no = history.employee_no
    and history.effective_from <= training.planned_on
    and training.planned_on < history.effective_to
where training.planned_on <= clocks.as_of
