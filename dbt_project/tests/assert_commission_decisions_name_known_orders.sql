{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'kpi'}}}) }}
-- Every order that a decision about commission names exists in its CRM, every delivery has a line to go to, and every account that
-- customer_links names was one of its CRM.
-- A row here is a decision that has no effect, a split neither on commission nor on management.kpi: the number or id is misspelt or
-- the record is not there yet.
-- Ask: finance; of splits and links also team:sales_ops.
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
union all
select distinct 'customer_links', linked.crm, linked.account_id, null
from (
    select crm, account_id from {{ ref('stg_company__customer_links') }}
    union all
    select other_crm, other_account_id from {{ ref('stg_company__customer_links') }}
) as linked
left join {{ ref('stg_ops__customer_accounts') }} as accounts on linked.crm = accounts.crm and linked.account_id = accounts.account_id
where accounts.account_id is null
