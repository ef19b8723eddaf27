{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    md5('appraisal:' || appraisals.row_key) as appraisal_key,
    appraisals.period,
    appraisals.employee_no,
    appraisals.rater_no,
    appraisals.trait,
    appraisals.rating,
    months.period_start as rated_on,
    history.department_id
from {{ ref('stg_company__appraisal') }} as appraisals
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_period_months') }} as months on appraisals.period = months.period and months.month = months.period_start
left join {{ ref('dim_employee_history') }} as history
    on appraisals.employee_no = history.employee_no
    and history.effective_from <= months.period_start
    and months.period_start < history.effective_to
where months.period_start <= clocks.as_of
