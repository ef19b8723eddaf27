{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'appraisal') }}
)

select
    key as row_key,
    period,
    employee_no,
    rater_no,
    trait,
    cast(rating as integer) as rating,
    cast(booked_at as timestamp) as booked_at
from newest
