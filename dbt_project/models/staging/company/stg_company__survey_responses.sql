{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'survey_responses') }}
)

select
    key as row_key,
    response_id,
    method,
    channel,
    crm,
    account_id,
    cast(sent_on as date) as sent_on,
    cast(answered_on as date) as answered_on,
    cast(score as integer) as score,
    cast(booked_at as timestamp) as booked_at
from newest
