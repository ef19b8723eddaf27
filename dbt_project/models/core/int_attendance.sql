{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    md5('attendance:' || attendance.row_key) as attendance_key,
    attendance.employee_no,
    history.department_id,
    attendance.period_start as attended_on,
    attendance.attended_days
from {{ ref('stg_company__attendance') }} as attendance
cross join {{ ref('clocks') }} as clocks
left join {{ ref('dim_employee_history') }} as history
    on attendance.employee_no = history.employee_no
    and history.effective_from <= attendance.period_start
    and attendance.period_start < history.effective_to
where attendance.period_start <= clocks.as_of
