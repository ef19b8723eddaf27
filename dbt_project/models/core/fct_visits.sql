with visits as (
    select
        'fxiaoke' as crm, visits.visit_id, visits.owner_id, visits.account_id, visits.record_text, visits.checked_in_at,
        visits.checked_out_at, visits.visit_date, {{ metres_between('visits', 'accounts') }} as metres
    from {{ ref('stg_fxiaoke__visits') }} as visits
    left join {{ ref('stg_fxiaoke__accounts') }} as accounts on visits.account_id = accounts.account_id
    where coalesce(visits.life_status, 'normal') in ('normal', 'in_change') and visits.checked_in_at is not null
    union all
    select
        'zoho' as crm, visits.visit_id, visits.owner_id, coalesce(visits.account_id, opportunities.account_id) as account_id,
        visits.record_text, visits.checked_in_at, visits.checked_out_at, visits.visit_date, cast(null as double) as metres
    from {{ ref('stg_zoho__visits') }} as visits
    left join {{ ref('stg_zoho__opportunities') }} as opportunities on visits.opportunity_id = opportunities.opportunity_id
    where visits.checked_in_at is not null
),

measured as (
    select
        visits.*,
        customers.customer_key,
        {{ elapsed('minute', 'visits.checked_in_at', 'visits.checked_out_at') }} as duration_minutes,
        {{ elapsed('minute', "lag(visits.checked_in_at) over (
            partition by visits.crm, visits.owner_id, visits.account_id order by visits.checked_in_at, visits.visit_id
        )", 'visits.checked_in_at') }} as minutes_since_last
    from visits
    left join {{ ref('int_customer_accounts') }} as customers
        on visits.crm = customers.crm and visits.account_id = customers.account_id
),

limits as (
    select
        max(case when threshold_id = 'visit_min_minutes' then value end) as min_minutes,
        max(case when threshold_id = 'visit_min_text' then value end) as min_text,
        max(case when threshold_id = 'visit_repeat_minutes' then value end) as repeat_minutes,
        max(case when threshold_id = 'visit_max_metres' then value end) as max_metres
    from {{ ref('dim_thresholds') }}
)

select
    {{ hash_key('measured.crm', 'measured.visit_id') }} as visit_key,
    measured.crm,
    measured.visit_id,
    measured.customer_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    measured.visit_date,
    measured.duration_minutes,
    measured.metres <= limits.max_metres as is_near,
    coalesce(measured.duration_minutes >= limits.min_minutes, false)
    and coalesce(length(measured.record_text) >= limits.min_text, false)
    and measured.customer_key is not null
    and coalesce(measured.metres <= limits.max_metres, true)
    and coalesce(measured.minutes_since_last >= limits.repeat_minutes, true) as is_valid
from measured
cross join {{ ref('clocks') }} as clocks
cross join limits
inner join {{ ref('int_crms') }} as settings on measured.crm = settings.crm
left join {{ ref('int_owners') }} as owners
    on measured.crm = owners.crm
    and measured.owner_id = owners.user_id
    and owners.effective_from <= measured.visit_date
    and measured.visit_date < owners.effective_to
where measured.visit_date <= clocks.as_of
