{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select
    tier,
    visit_within_days,
    max_discount,
    max_credit_days,
    response_hours,
    callback_within_days,
    valid_from,
    valid_to
from {{ ref('stg_company__tier_policy') }}
