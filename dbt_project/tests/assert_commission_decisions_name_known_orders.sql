{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
-- Every order that a decision about commission names exists in its CRM, and every delivery has a line to go to.
-- A row here is a split, hold, milestone, handover or delivery that has no effect, a split neither on commission nor on management.kpi: the number
-- is misspelt or the order is not there yet.
-- Ask: finance; of splits also team:sales_ops.
with told as (
    select 'deal_splits' as file, crm, order_no, cast(null as {{ dbt.type_string() }}) as product_code from {{ ref('stg_company__deal_splits') }}
    union all
    select 'order_holds' as file, crm, order_no, null as product_code from {{ ref('stg_company__order_holds') }}
    union all
    select 'milestones' as file, crm, order_no, null as product_code from {{ ref('stg_company__milestones') }}
    union all
    select 'handovers' as file, crm, order_no, null as product_code from {{ ref('stg_company__handovers') }} where order_no is not null
    union all
    select 'deliveries' as file, crm, order_no, product_code from {{ ref('stg_company__deliveries') }}
)

select distinct told.file, told.crm, told.order_no, told.product_code
from told
left join {{ ref('int_order_numbers') }} as named on told.crm = named.crm and told.order_no = named.order_no
left join {{ ref('fct_order_lines') }} as lines
    on named.order_key = lines.order_key and (told.product_code is null or told.product_code = lines.product_code)
where named.order_key is null or (told.file = 'deliveries' and lines.order_key is null)
