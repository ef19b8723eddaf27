{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Which status of an order or invoice counts: the company's word, else the default.
with decided as (
    select statuses.crm, statuses.object, statuses.status, statuses.is_counted
    from {{ ref('stg_company__document_statuses') }} as statuses
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('statuses', 'clocks.as_of') }}
),

defaults as (
    select statuses.crm, objects.object, statuses.status, statuses.is_counted
    from {{ ref('document_statuses') }} as statuses
    inner join (select 'orders' as object union all select 'invoices' as object) as objects
        on statuses.object in ('any', objects.object)
)

select crm, object, status, is_counted from decided
union all
select defaults.crm, defaults.object, defaults.status, defaults.is_counted
from defaults
left join decided on defaults.crm = decided.crm and defaults.object = decided.object and defaults.status = decided.status
where decided.status is null
