{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Only questionnaires feed rates. A wave is a quarter; the answer belongs to whose customer it is: the account's owner then unknown,
-- the department of the CRM it lives in.
select
    md5('survey:' || answers.response_id) as response_key,
    accounts.customer_key,
    customers.owner_employee_no as employee_no,
    coalesce(settings.only_department_id, employees.department_id) as department_id,
    answers.crm,
    answers.channel,
    answers.sent_on,
    case when answers.answered_on <= clocks.as_of then answers.answered_on end as answered_on,
    case when answers.answered_on <= clocks.as_of then answers.score end as score,
    months.period as wave,
    months.period_end as wave_ends_before
from {{ ref('stg_company__survey_responses') }} as answers
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_crms') }} as settings on answers.crm = settings.crm
inner join {{ ref('int_period_months') }} as months
    on months.period_type = 'quarter' and months.month = {{ period_start('month', 'answers.sent_on') }}
left join {{ ref('int_customer_accounts') }} as accounts on answers.crm = accounts.crm and answers.account_id = accounts.account_id
left join {{ ref('dim_customers') }} as customers on accounts.customer_key = customers.customer_key
left join {{ ref('dim_employees') }} as employees on customers.owner_employee_no = employees.employee_no
where answers.method = 'questionnaire' and answers.sent_on <= clocks.as_of
