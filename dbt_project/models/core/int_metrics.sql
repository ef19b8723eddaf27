{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- A metric has its source where a CRM in use has records of every object it needs, and every company file it needs has rows.
with filled as (
    select source, object from {{ ref('data_trust') }} where records > 0
    union all
    -- personal, so only where the company asked for them
    select 'fxiaoke', 'account_phones' from {{ ref('stg_fxiaoke__accounts') }} having count(phone) > 0
    union all
    select 'zoho', 'account_phones' from {{ ref('stg_zoho__accounts') }} having count(phone) > 0
),

crms as (
    select distinct departments.crm from {{ ref('dim_departments') }} as departments
),

by_crm as (
    select
        registry.metric_id,
        crms.crm,
        length(registry.crm_objects) - length(replace(registry.crm_objects, '|', '')) - 1 as wanted,
        count(filled.object) as found
    from {{ ref('metric_registry') }} as registry
    cross join crms
    left join filled on crms.crm = filled.source and registry.crm_objects like '%|' || filled.object || '|%'
    where registry.crm_objects is not null
    group by registry.metric_id, crms.crm, registry.crm_objects
),

crm_coverage as (
    select
        metric_id,
        count(*) as crms,
        sum(case when found < wanted then 1 else 0 end) as lacking,
        '|' || {{ joined("case when found < wanted then crm end") }} || '|' as lacking_crms
    from by_crm
    group by metric_id
),

-- What a metric can do without and is coarser for: a CRM whose orders have no lines counts by its order headers.
coarser as (
    select metric_id, '|' || {{ joined('crm') }} || '|' as coarse_crms
    from (
        select
            registry.metric_id,
            crms.crm,
            length(registry.better_with) - length(replace(registry.better_with, '|', '')) - 1 as wanted,
            count(filled.object) as found
        from {{ ref('metric_registry') }} as registry
        cross join crms
        left join filled on crms.crm = filled.source and registry.better_with like '%|' || filled.object || '|%'
        where registry.better_with is not null
        group by registry.metric_id, crms.crm, registry.better_with
    ) as compared
    where found < wanted
    group by metric_id
),

file_coverage as (
    select
        registry.metric_id,
        length(registry.company_files) - length(replace(registry.company_files, '|', '')) - 1 as wanted,
        count(filled.object) as found
    from {{ ref('metric_registry') }} as registry
    left join filled on filled.source = 'company' and registry.company_files like '%|' || filled.object || '|%'
    where registry.company_files is not null
    group by registry.metric_id, registry.company_files
)

select
    registry.metric_id,
    registry.code,
    registry.name_zh,
    registry.unit,
    registry.kind,
    registry.timing,
    registry.is_additive,
    registry.grains,
    coalesce(registry.empty_is, 'null') as empty_is, -- Spark reads the word null of a seed as nothing
    registry.of_metric,
    registry.formula,
    registry.owner,
    registry.version,
    registry.former_id,
    registry.crm_objects,
    registry.company_files,
    registry.credit,
    case
        when file_coverage.found < file_coverage.wanted or crm_coverage.lacking = crm_coverage.crms then 'missing'
        when crm_coverage.lacking > 0 then 'partial'
        else 'complete'
    end as source_status,
    replace(crm_coverage.lacking_crms, ',', '|') as lacking_crms,
    replace(coarser.coarse_crms, ',', '|') as coarse_crms
from {{ ref('metric_registry') }} as registry
left join crm_coverage on registry.metric_id = crm_coverage.metric_id
left join file_coverage on registry.metric_id = file_coverage.metric_id
left join coarser on registry.metric_id = coarser.metric_id
