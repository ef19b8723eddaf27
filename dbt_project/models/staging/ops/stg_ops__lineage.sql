{{ config(materialized='ephemeral') }}

select
    schema_name,
    table_name,
    source,
    object
from {{ run_input('lineage') }}
