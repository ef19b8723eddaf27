{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Good is what came in time, says something and is not the last one again.
select
    md5('report:' || reports.row_key) as report_key,
    reports.report_type,
    reports.employee_no,
    history.department_id,
    reports.due_on,
    not coalesce(reports.submitted_on <= reports.due_on, false) as is_late,
    coalesce(reports.is_empty, false) as is_empty,
    coalesce(reports.similarity, 0) > limits.copied_above as is_copied,
    coalesce(reports.submitted_on <= reports.due_on, false)
    and not coalesce(reports.is_empty, false)
    and coalesce(reports.similarity, 0) <= limits.copied_above as is_good
from {{ ref('stg_company__report_register') }} as reports
cross join {{ ref('clocks') }} as clocks
cross join (
    select max(value) as copied_above from {{ ref('dim_thresholds') }} where threshold_id = 'report_copied_above'
) as limits
left join {{ ref('dim_employee_history') }} as history
    on reports.employee_no = history.employee_no
    and history.effective_from <= reports.due_on
    and reports.due_on < history.effective_to
where reports.due_on <= clocks.as_of
