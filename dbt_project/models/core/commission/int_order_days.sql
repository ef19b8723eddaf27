{{ config(schema='intermediate', contract={'enforced': false}) }}

-- What an order was worth and who owned it from the end of each day on which it changed. While an order is being changed its former
-- amount holds, so those versions are left out unless there is no other.
with versions as (
    select 'fxiaoke' as crm, order_id, owner_id, status, is_deleted, version_no, header_amount, changed_on, first_seen_on
    from {{ ref('stg_fxiaoke__order_versions') }}
    where version_no = 1 or coalesce(status, '') <> 'in_change'
    union all
    select 'zoho' as crm, order_id, owner_id, status, is_deleted, version_no, header_amount, changed_on, first_seen_on
    from {{ ref('stg_zoho__order_versions') }}
),

ranked as (
    select
        versions.crm,
        versions.order_id,
        versions.owner_id,
        versions.header_amount,
        versions.changed_on,
        versions.first_seen_on,
        coalesce(statuses.is_counted, true) and not versions.is_deleted as is_counted,
        row_number() over (
            partition by versions.crm, versions.order_id, versions.changed_on order by versions.version_no desc
        ) as place
    from versions
    left join {{ ref('int_document_statuses') }} as statuses
        on versions.crm = statuses.crm and statuses.object = 'orders' and versions.status = statuses.status
)

select
    {{ hash_key('crm', 'order_id') }} as order_key,
    crm,
    owner_id,
    is_counted,
    header_amount,
    changed_on,
    first_seen_on,
    row_number() over (partition by crm, order_id order by changed_on) as day_no,
    coalesce(lead(changed_on) over (partition by crm, order_id order by changed_on), cast('9999-12-31' as date)) as next_on
from ranked
where place = 1
