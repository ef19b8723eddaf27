{{ config(schema='intermediate', contract={'enforced': false}) }}

-- Whose a login is, day by day. The company's file says so; a row that leaves it out means the one of the person's other rows, unless
-- somebody else was given that. A login that the file does not know is known by the employee number that the CRM holds: a second one too.
with named as (
    {% for crm in ['fxiaoke', 'zoho'] %}
    select
        '{{ crm }}' as crm,
        coalesce({{ crm }}_user_id, max({{ crm }}_user_id) over (partition by employee_no)) as user_id,
        {{ crm }}_user_id is not null as is_said,
        employee_no,
        department_id,
        region,
        valid_from
    from {{ ref('dim_employee_history') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

said as (
    select crm, user_id, min(employee_no) as first_no, max(employee_no) as last_no
    from named
    where is_said
    group by crm, user_id
),

numbered as (
    select 'fxiaoke' as crm, user_id, employee_no from {{ ref('stg_fxiaoke__users') }} where employee_no is not null
    union all
    select 'zoho', user_id, employee_no from {{ ref('stg_zoho__users') }} where employee_no is not null
),

seats as (
    select named.crm, named.user_id, named.employee_no, named.department_id, named.region, named.valid_from
    from named
    inner join said on named.crm = said.crm and named.user_id = said.user_id
    where named.is_said or said.first_no = said.last_no
    union all
    select numbered.crm, numbered.user_id, history.employee_no, history.department_id, history.region, history.valid_from
    from numbered
    inner join {{ ref('dim_employee_history') }} as history on numbered.employee_no = history.employee_no
    left join said on numbered.crm = said.crm and numbered.user_id = said.user_id
    where said.user_id is null
),

-- What was before its first row belongs to that, what lies between two rows to the one before.
ordered as (
    select
        seats.*,
        row_number() over (partition by crm, user_id order by valid_from, employee_no desc) as turn,
        row_number() over (partition by crm, user_id, valid_from order by employee_no desc) as place
    from seats
)

select
    crm,
    user_id,
    employee_no,
    department_id,
    region,
    case when turn = 1 then cast('1900-01-01' as date) else valid_from end as effective_from,
    coalesce(
        lead(valid_from) over (partition by crm, user_id order by valid_from),
        cast('9999-12-31' as date)
    ) as effective_to
from ordered
where place = 1
