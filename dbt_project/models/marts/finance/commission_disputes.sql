with posted as (
    select decision_id, max(posting_period) as posted_in, sum(amount) as amount
    from {{ ref('fct_commission_entries') }}
    where entry_type = 'ADJ_DISPUTE'
    group by decision_id
),

-- From the day after it was opened until it was taken up or answered, or until today.
waited as (
    select disputes.decision_id, count(*) as workdays
    from {{ ref('int_commission_decisions') }} as disputes
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('dim_dates') }} as dates
        on disputes.opened_on < dates.date_day
        and dates.date_day <= coalesce(disputes.triaged_on, disputes.decided_on, clocks.as_of)
    where disputes.kind = 'dispute' and dates.is_workday
    group by disputes.decision_id
)

select
    disputes.decision_id as dispute_id,
    disputes.payee_no,
    disputes.plan_id,
    disputes.component_id,
    disputes.origin_period as month,
    disputes.line,
    disputes.claim,
    disputes.evidence,
    case
        when disputes.decision <> 'open' then disputes.decision
        when disputes.triaged_on is not null then 'triaged'
        else 'open'
    end as state,
    disputes.opened_on,
    disputes.triaged_on,
    disputes.decided_on,
    disputes.signatures as decided_by,
    {{ days_between('disputes.opened_on', 'coalesce(disputes.decided_on, clocks.as_of)') }} as days_open,
    coalesce(waited.workdays, 0) > 5 as is_triage_late,
    disputes.decision in ('upheld', 'partly_upheld') as is_upheld,
    disputes.amount as effect_amount,
    posted.posted_in,
    cast(coalesce(posted.amount, 0) as decimal(18, 2)) as posted_amount
from {{ ref('int_commission_decisions') }} as disputes
cross join {{ ref('clocks') }} as clocks
left join posted on disputes.decision_id = posted.decision_id
left join waited on disputes.decision_id = waited.decision_id
where disputes.kind = 'dispute' and disputes.opened_on <= clocks.as_of
