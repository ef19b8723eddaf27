{{ config(schema='intermediate', contract={'enforced': false}) }}


-- A seat that one row of a person leaves out is taken from the person's other rows, then from the CRM's own employee number.
with seats as (
    select
        'fxiaoke' as crm,
        coalesce(
            history.fxiaoke_user_id,
            max(history.fxiaoke_user_id) over (partition by history.employee_no),
            users.user_id
        ) as user_id,
        history.employee_no,
        history.department_id,
        history.region,
        history.effective_from
    from {{ ref('dim_employee_history') }} as history
    left join (
        select employee_no, max(user_id) as user_id
        from {{ ref('stg_fxiaoke__users') }}
        where employee_no is not null
        group by employee_no
    ) as users on history.employee_no = users.employee_no
    union all
    select
        'zoho' as crm,
        coalesce(history.zoho_user_id, max(history.zoho_user_id) over (partition by history.employee_no), users.user_id) as user_id,
        history.employee_no,
        history.department_id,
        history.region,
        history.effective_from
    from {{ ref('dim_employee_history') }} as history
    left join (
        select employee_no, max(user_id) as user_id
        from {{ ref('stg_zoho__users') }}
        where employee_no is not null
        group by employee_no
    ) as users on history.employee_no = users.employee_no
),

ordered as (
    select
        seats.*,
        row_number() over (partition by crm, user_id, effective_from order by employee_no desc) as place
    from seats
    where user_id is not null
)

select
    crm,
    user_id,
    employee_no,
    department_id,
    region,
    effective_from,
    coalesce(
        lead(effective_from) over (partition by crm, user_id order by effective_from),
        cast('9999-12-31' as date)
    ) as effective_to
from ordered
where place = 1
