-- Every version in the log, and the stages that Zoho's DealHistory remembers from before and between our pulls. Fxiaoke remembers nothing.
with told as (
    select
        'fxiaoke' as crm, opportunity_id, account_id, owner_id, stage, closing_stage, currency_code, amount, probability, close_date,
        is_deleted, changed_at, changed_on, known_from, 1 as is_of_log, cast(null as date) as stage_changed_on
    from {{ ref('stg_fxiaoke__opportunity_versions') }}
    union all
    select
        'zoho', opportunity_id, account_id, owner_id, stage, closing_stage, currency_code, amount, probability, close_date,
        is_deleted, changed_at, changed_on, known_from, 1, stage_changed_on
    from {{ ref('stg_zoho__opportunity_versions') }}
    union all
    select
        'zoho', opportunity_id, null, null, stage, stage, null, amount, probability, close_date,
        false, changed_at, changed_on, known_from, 0, null
    from {{ ref('stg_zoho__stage_history') }}
),

-- Who owned it and in which currency DealHistory does not say: the next version that does.
ordered as (
    select
        told.*,
        lead(changed_on) over (partition by crm, opportunity_id order by changed_at, is_of_log, known_from) as next_on,
        lead(known_from) over (partition by crm, opportunity_id order by changed_at, is_of_log, known_from) as next_known,
        -- DealHistory may tell of a stage when it is over: what the log said of the days after it stands before that.
        min(case when is_of_log = 1 then changed_on end) over (
            partition by crm, opportunity_id order by changed_at, is_of_log, known_from
            rows between 1 following and unbounded following
        ) as next_log_on,
        min(case when is_of_log = 1 then known_from end) over (
            partition by crm, opportunity_id order by changed_at, is_of_log, known_from
            rows between 1 following and unbounded following
        ) as next_log_known,
        min(case when is_of_log = 1 then changed_at end) over (
            partition by crm, opportunity_id order by changed_at, is_of_log, known_from
            rows between current row and unbounded following
        ) as said_at,
        max(case when is_of_log = 0 then 1 else 0 end) over (
            partition by crm, opportunity_id, stage, coalesce(case when is_of_log = 1 then stage_changed_on end, changed_on)
        ) as is_in_history,
        max(1 - is_of_log) over (partition by crm, opportunity_id) as has_history,
        max(case when is_of_log = 1 then stage_changed_on end) over (partition by crm, opportunity_id) as newest_stage_on
    from told
),

sayings as (
    select crm, opportunity_id, changed_at, max(account_id) as account_id, max(owner_id) as owner_id, max(currency_code) as currency_code
    from told
    where is_of_log = 1
    group by crm, opportunity_id, changed_at
),

-- What is known of a version by now, and what was believed of the days after it until a later one was known.
stretches as (
    select ordered.*, changed_on as valid_from, coalesce(next_on, cast('9999-12-31' as date)) as valid_to, cast(null as timestamp) as known_to
    from ordered
    where next_on is null or changed_on < next_on
    union all
    select ordered.*, next_on, coalesce(next_log_on, cast('9999-12-31' as date)), next_known
    from ordered
    where next_on < coalesce(next_log_on, cast('9999-12-31' as date)) and known_from < next_known
    union all
    select ordered.*, next_log_on, cast('9999-12-31' as date), next_log_known
    from ordered
    where next_log_on is not null and known_from < next_log_known
),

owned as (
    select
        stretches.*,
        coalesce(stretches.account_id, sayings.account_id) as its_account_id,
        coalesce(stretches.owner_id, sayings.owner_id) as its_owner_id,
        coalesce(stretches.currency_code, sayings.currency_code) as its_currency_code
    from stretches
    left join sayings
        on stretches.crm = sayings.crm and stretches.opportunity_id = sayings.opportunity_id and stretches.said_at = sayings.changed_at
)

-- A seat or a department that changes hands in a stretch cuts it.
select
    {{ hash_key('owned.crm', "owned.opportunity_id || ' ' || cast(greatest(owned.valid_from, coalesce(owners.effective_from, owned.valid_from)) as "
        ~ dbt.type_string() ~ ") || ' ' || cast(owned.changed_at as " ~ dbt.type_string() ~ ") || ' ' || cast(owned.known_from as " ~ dbt.type_string()
        ~ ") || ' ' || cast(owned.is_of_log as " ~ dbt.type_string() ~ ")") }} as history_key,
    {{ hash_key('owned.crm', 'owned.opportunity_id') }} as opportunity_key,
    owned.crm,
    owned.opportunity_id,
    customers.customer_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    owned.stage,
    stages.category,
    case when owned.is_deleted then 'deleted' else coalesce(endings.ends_as, 'open') end as status,
    owned.amount,
    owned.its_currency_code as currency_code,
    case when owned.probability > 1 then cast(owned.probability * 0.01 as decimal(9, 6)) else cast(owned.probability as decimal(9, 6)) end as probability,
    owned.close_date,
    stages.stage_no,
    coalesce(stages.is_qualified, false) as is_qualified,
    case when owned.is_of_log = 1 then 'log' else 'deal_history' end as told_by,
    -- Zoho tells of a stage when it is over
    case
        when owned.crm = 'zoho' and owned.is_of_log = 1 and owned.has_history = 1 and not owned.is_deleted
            and owned.stage_changed_on < owned.newest_stage_on
            then owned.is_in_history = 1
    end as is_confirmed,
    greatest(owned.valid_from, coalesce(owners.effective_from, owned.valid_from)) as valid_from,
    least(owned.valid_to, coalesce(owners.effective_to, owned.valid_to)) as valid_to,
    owned.known_from,
    owned.known_to
from owned
inner join {{ ref('int_crms') }} as settings on owned.crm = settings.crm
left join {{ ref('int_owners') }} as owners
    on owned.crm = owners.crm and owned.its_owner_id = owners.user_id
    and owners.effective_from < owned.valid_to and owned.valid_from < owners.effective_to
left join {{ ref('int_customer_accounts') }} as customers
    on owned.crm = customers.crm and owned.its_account_id = customers.account_id
left join {{ ref('dim_stages') }} as endings
    on owned.crm = endings.crm and endings.object = {{ says_how_it_ends('owned.crm') }} and owned.closing_stage = endings.stage
left join {{ ref('dim_stages') }} as stages
    on owned.crm = stages.crm and stages.object = 'opportunities' and owned.stage = stages.stage
