-- What a stage means: the company's word first, then the CRM's own (Zoho says it of its stages), then what tenants start with.
with decided as (
    select stages.*
    from {{ ref('stg_company__stages') }} as stages
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('stages', 'clocks.as_of') }}
),

told as (
    select
        'zoho' as crm,
        'opportunities' as object,
        stage,
        case outcome when 'Closed Won' then 'won' when 'Closed Lost' then 'lost' else 'open' end as ends_as,
        case when outcome <> 'Closed Lost' then position end as stage_no,
        case forecast_category when 'Pipeline' then 'pipeline' when 'Best Case' then 'best_case' when 'Committed' then 'commit' end as category
    from {{ ref('stg_zoho__stages') }}
),

names as (
    select crm, object, stage from decided
    union
    select crm, object, stage from told
    union
    select crm, object, stage from {{ ref('usual_stages') }}
),

meant as (
    select
        names.crm,
        names.object,
        names.stage,
        coalesce(decided.ends_as, told.ends_as, defaults.ends_as, 'open') as ends_as,
        coalesce(decided.stage_no, told.stage_no, defaults.stage_no) as stage_no,
        coalesce(decided.is_qualified, defaults.is_qualified) as is_qualified,
        coalesce(decided.category, told.category, defaults.category) as category,
        case when decided.stage is not null then 'company' when told.stage is not null then 'crm' else 'default' end as said_by
    from names
    left join decided on names.crm = decided.crm and names.object = decided.object and names.stage = decided.stage
    left join told on names.crm = told.crm and names.object = told.object and names.stage = told.stage
    left join {{ ref('usual_stages') }} as defaults
        on names.crm = defaults.crm and names.object = defaults.object and names.stage = defaults.stage
)

select
    crm,
    object,
    stage,
    ends_as,
    case when ends_as in ('open', 'won') then stage_no end as stage_no,
    coalesce(is_qualified, category in ('best_case', 'commit'), false) as is_qualified,
    is_qualified is not null or category in ('best_case', 'commit') or ends_as <> 'open' as is_decided,
    case when ends_as = 'open' then category end as category,
    said_by
from meant
