{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What somebody called for a period, until they called again.
select
    calls.period,
    calls.employee_no,
    calls.level,
    calls.category,
    history.department_id,
    calls.amount,
    calls.called_on,
    coalesce(
        lead(calls.called_on) over (partition by calls.period, calls.employee_no, calls.level, calls.category order by calls.called_on),
        cast('9999-12-31' as date)
    ) as called_again_on
from {{ ref('stg_company__forecast_calls') }} as calls
cross join {{ ref('clocks') }} as clocks
left join {{ ref('dim_employee_history') }} as history
    on calls.employee_no = history.employee_no
    and history.effective_from <= calls.called_on
    and calls.called_on < history.effective_to
where calls.called_on <= clocks.as_of
