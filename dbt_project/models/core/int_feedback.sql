{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- What customers raised, as far as it had come by as_of; it comes back where the same customer or product raised the same before.
with raised as (
    select
        md5('feedback:' || feedback.feedback_id) as feedback_key,
        accounts.customer_key,
        feedback.category,
        feedback.product_code,
        coalesce(feedback.employee_no, customers.owner_employee_no) as employee_no,
        settings.only_department_id,
        feedback.raised_on,
        {% for step in ['accepted_on', 'fixed_on', 'told_on'] %}
        case when feedback.{{ step }} <= clocks.as_of then feedback.{{ step }} end as {{ step }},
        {% endfor %}
        lag(feedback.raised_on) over (
            partition by feedback.category, accounts.customer_key order by feedback.raised_on, feedback.feedback_id
        ) as customer_before,
        lag(feedback.raised_on) over (
            partition by feedback.category, feedback.product_code order by feedback.raised_on, feedback.feedback_id
        ) as product_before
    from {{ ref('stg_company__feedback') }} as feedback
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_crms') }} as settings on feedback.crm = settings.crm
    left join {{ ref('int_customer_accounts') }} as accounts on feedback.crm = accounts.crm and feedback.account_id = accounts.account_id
    left join {{ ref('dim_customers') }} as customers on accounts.customer_key = customers.customer_key
    where feedback.raised_on <= clocks.as_of
),

limits as (
    select max(case when threshold_id = 'feedback_recurs_days' then cast(value as integer) end) as recurs_days from {{ ref('dim_thresholds') }}
)

select
    raised.feedback_key,
    raised.customer_key,
    raised.category,
    raised.product_code,
    raised.employee_no,
    coalesce(history.department_id, raised.only_department_id) as department_id,
    raised.raised_on,
    raised.accepted_on,
    raised.fixed_on,
    raised.told_on,
    coalesce(raised.customer_key is not null and {{ days_between('raised.customer_before', 'raised.raised_on') }} <= limits.recurs_days, false)
    or coalesce(raised.product_code is not null and {{ days_between('raised.product_before', 'raised.raised_on') }} <= limits.recurs_days, false)
        as is_recurring
from raised
cross join limits
left join {{ ref('dim_employee_history') }} as history
    on raised.employee_no = history.employee_no
    and history.effective_from <= raised.raised_on
    and raised.raised_on < history.effective_to
