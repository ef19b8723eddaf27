{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Each step of an opportunity from one stage of the process to another, and how many proofs its gate asked for and found.
with states as (
    select history.*
    from {{ ref('opportunity_history') }} as history
    cross join {{ ref('clocks') }} as clocks
    where history.known_to is null and history.valid_from <= clocks.as_of and history.status <> 'deleted'
),

marked as (
    select
        states.*,
        case when lag(stage) over (partition by opportunity_key order by valid_from) = stage then 0 else 1 end as is_change
    from states
),

entered as (
    select
        opportunity_key, crm, stage, stage_no, status, amount, close_date, valid_from,
        lead(valid_from) over (partition by opportunity_key order by valid_from) as left_on,
        lead(stage_no) over (partition by opportunity_key order by valid_from) as next_no,
        lead(status) over (partition by opportunity_key order by valid_from) as next_status
    from marked
    where is_change = 1
),

moves as (
    select
        entered.*,
        opportunities.customer_key,
        opportunities.employee_no,
        opportunities.department_id
    from entered
    inner join {{ ref('fct_opportunities') }} as opportunities on entered.opportunity_key = opportunities.opportunity_key
    where entered.left_on is not null and entered.status = 'open' and entered.next_status <> 'lost'
        and entered.stage_no is not null and entered.next_no is not null
),

-- What stands on the deal when it leaves: the newest state of the stage.
leaving as (
    select moves.opportunity_key, moves.left_on, states.amount, states.close_date
    from moves
    inner join states on moves.opportunity_key = states.opportunity_key and states.valid_to = moves.left_on
),

quoted as (
    select {{ hash_key("'fxiaoke'", 'opportunity_id') }} as opportunity_key, min(quote_date) as quote_date
    from {{ ref('stg_fxiaoke__quotes') }}
    where coalesce(life_status, 'normal') in ('normal', 'in_change')
    group by opportunity_id
    union all
    select {{ hash_key("'zoho'", 'opportunity_id') }}, min(quote_date) from {{ ref('stg_zoho__quotes') }} group by opportunity_id
),

visited as (
    select distinct moves.opportunity_key, moves.left_on
    from moves
    inner join {{ ref('fct_visits') }} as visits
        on moves.customer_key = visits.customer_key and visits.is_valid
        and moves.valid_from <= visits.visit_date and visits.visit_date <= moves.left_on
),

asked as (
    select
        moves.opportunity_key,
        moves.left_on,
        count(*) as gates,
        sum(case gates.gate
            when 'amount' then case when leaving.amount > 0 then 1 else 0 end
            when 'close_date' then case when leaving.close_date is not null then 1 else 0 end
            when 'quote' then case when quoted.quote_date <= moves.left_on then 1 else 0 end
            when 'visit' then case when visited.opportunity_key is not null then 1 else 0 end
        end) as met
    from moves
    inner join {{ ref('stg_company__stage_gates') }} as gates
        on moves.crm = gates.crm and moves.stage = gates.stage and {{ holds_on('gates', 'moves.left_on') }}
    inner join leaving on moves.opportunity_key = leaving.opportunity_key and moves.left_on = leaving.left_on
    left join quoted on moves.opportunity_key = quoted.opportunity_key
    left join visited on moves.opportunity_key = visited.opportunity_key and moves.left_on = visited.left_on
    where moves.next_no > moves.stage_no
    group by moves.opportunity_key, moves.left_on
)

select
    moves.opportunity_key,
    moves.employee_no,
    moves.department_id,
    moves.stage,
    moves.left_on,
    moves.next_no - moves.stage_no as steps,
    asked.gates,
    asked.met
from moves
left join asked on moves.opportunity_key = asked.opportunity_key and moves.left_on = asked.left_on
