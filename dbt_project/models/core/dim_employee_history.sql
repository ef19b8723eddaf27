with versions as (
    select
        history.*,
        departments.department_name,
        clocks.as_of,
        row_number() over (partition by history.employee_no order by history.valid_from) as version_no,
        lead(history.valid_from) over (partition by history.employee_no order by history.valid_from) as next_from
    from {{ ref('stg_company__employees') }} as history
    cross join {{ ref('stg_ops__clocks') }} as clocks
    left join {{ ref('dim_departments') }} as departments on history.department_id = departments.department_id
)

select
    employee_no,
    name,
    department_id,
    department_name,
    manager_no,
    role,
    region,
    fxiaoke_user_id,
    zoho_user_id,
    hire_date,
    leave_date,
    cast(version_no as integer) as version_no,
    valid_from,
    valid_to,
    -- A gap belongs to the row before it, the time before the first row to the first: no event falls between two rows.
    case when version_no = 1 then cast('1900-01-01' as date) else valid_from end as effective_from,
    coalesce(next_from, cast('9999-12-31' as date)) as effective_to
from versions
