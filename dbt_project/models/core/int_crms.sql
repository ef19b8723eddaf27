{{ config(schema='intermediate', contract={'enforced': false}) }}


with only_departments as (
    select
        crm,
        min(department_id) as department_id
    from {{ ref('stg_ops__departments') }}
    group by crm
    having count(*) = 1
)

select
    settings.crm,
    settings.order_amounts,
    settings.cash_source,
    settings.receivables_source,
    only_departments.department_id as only_department_id
from {{ ref('stg_ops__crm_settings') }} as settings
left join only_departments on settings.crm = only_departments.crm
