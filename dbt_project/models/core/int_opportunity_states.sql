{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- How an opportunity stood, from day to day, by what is known now; the order of its stage and the category of a forecast beside it.
select
    history.opportunity_key,
    history.crm,
    history.employee_no,
    history.department_id,
    history.currency_code,
    history.stage,
    history.status,
    stages.stage_no,
    coalesce(stages.is_qualified, false) as is_qualified,
    stages.category,
    history.amount,
    history.probability,
    history.close_date,
    history.status = 'deleted' as is_deleted,
    history.valid_from as from_date,
    history.valid_to as to_date
from {{ ref('opportunity_history') }} as history
cross join {{ ref('clocks') }} as clocks
left join {{ ref('pipeline_stages') }} as stages
    on history.crm = stages.crm and stages.object = 'opportunities' and history.stage = stages.stage
where history.known_to is null and history.valid_from <= clocks.as_of
