{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- A lead belongs to whom it was given when it came.
with leads as (
    select
        'fxiaoke' as crm, lead_id, owner_id, created_date, is_converted, lead_status, lead_source, converted_account_id, converted_opportunity_id,
        cast(null as date) as converted_date
    from {{ ref('stg_fxiaoke__leads') }}
    where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select
        'zoho' as crm, lead_id, owner_id, created_date, is_converted, lead_status, lead_source, converted_account_id, converted_opportunity_id,
        converted_date
    from {{ ref('stg_zoho__leads') }}
)

select
    {{ hash_key('leads.crm', 'leads.lead_id') }} as lead_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    accounts.customer_key,
    leads.created_date,
    paid.row_key is not null as is_paid,
    leads.is_converted,
    leads.is_converted or coalesce(stages.is_qualified, false) as is_qualified,
    opportunities.opportunity_key is not null as has_opportunity,
    coalesce(opportunities.status = 'won', false) as is_won,
    -- Fxiaoke does not say when; the opportunity it became does
    case when leads.is_converted then coalesce(leads.converted_date, opportunities.created_date) end as converted_date
from leads
cross join {{ ref('clocks') }} as clocks
inner join {{ ref('int_crms') }} as settings on leads.crm = settings.crm
left join {{ ref('dim_stages') }} as stages
    on leads.crm = stages.crm and stages.object = 'leads' and leads.lead_status = stages.stage
left join {{ ref('fct_opportunities') }} as opportunities
    on leads.crm = opportunities.crm and leads.converted_opportunity_id = opportunities.opportunity_id
left join {{ ref('int_customer_accounts') }} as accounts
    on leads.crm = accounts.crm and leads.converted_account_id = accounts.account_id
left join {{ ref('stg_company__channel_map') }} as paid
    on paid.attribute = 'lead_source'
    and leads.crm || ':' || leads.lead_source = paid.value
    and {{ holds_on('paid', 'leads.created_date') }}
left join {{ ref('int_owners') }} as owners
    on leads.crm = owners.crm
    and leads.owner_id = owners.user_id
    and owners.effective_from <= leads.created_date
    and leads.created_date < owners.effective_to
where leads.created_date <= clocks.as_of
