{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'training') }}
)

select
    key as row_key,
    course_id,
    employee_no,
    cast(planned_on as date) as planned_on,
    cast(is_attended as boolean) as is_attended,
    cast(hours as decimal(18, 6)) as hours,
    cast(pre_score as decimal(18, 6)) as pre_score,
    cast(post_score as decimal(18, 6)) as post_score,
    cast(booked_at as timestamp) as booked_at
from newest
