{{ config(materialized='ephemeral') }}

with newest as (
    {{ newest_versions('company', 'document_statuses') }}
)

select
    key as row_key,
    crm,
    object,
    status,
    cast(is_counted as boolean) as is_counted,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from newest
