{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with answers as (
    select * from {{ ref('int_survey_answers') }}
)

-- A late answer belongs to the wave in which it came.
select
    'csat' as metric_id, response_key as event_id, answered_on as event_date, employee_no, department_id,
    case when score >= 4 then 1 else 0 end as numerator, 1 as denominator
from answers
where score is not null
union all
select
    'csat_response_rate', response_key, sent_on, employee_no, department_id,
    case when answered_on < wave_ends_before then 1 else 0 end, 1
from answers
union all
select 'cases_per_100_orders', case_key, created_date, employee_no, department_id, 100, 0
from {{ ref('int_cases') }}
union all
select 'cases_per_100_orders', order_key, order_date, employee_no, department_id, 0, 1
from {{ ref('fct_orders') }} where is_counted
