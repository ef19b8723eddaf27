with opportunities as (
    select
        'fxiaoke' as crm, opportunity_id, account_id, owner_id, stage, closing_stage, loss_reason, amount, probability, currency_code,
        cast(exchange_rate as decimal(12, 6)) as crm_rate, created_date, close_date, stage_changed_date
    from {{ ref('stg_fxiaoke__opportunities') }}
    where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select
        'zoho' as crm, opportunity_id, account_id, owner_id, stage, closing_stage, loss_reason, amount, probability, currency_code,
        cast({{ ratio('1', 'exchange_rate') }} as decimal(12, 6)) as crm_rate, created_date, close_date, stage_changed_date
    from {{ ref('stg_zoho__opportunities') }}
),

-- What closed after as_of was still open then.
dated as (
    select
        opportunities.*,
        clocks.as_of,
        clocks.currency_code as base_currency_code,
        case
            when stages.ends_as in ('won', 'lost')
                and coalesce(opportunities.stage_changed_date, opportunities.close_date) <= clocks.as_of then stages.ends_as
            else 'open'
        end as status,
        case
            when stages.ends_as in ('won', 'lost')
                and coalesce(opportunities.stage_changed_date, opportunities.close_date) <= clocks.as_of
                then coalesce(opportunities.stage_changed_date, opportunities.close_date)
        end as closed_date
    from opportunities
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('dim_stages') }} as stages
        on opportunities.crm = stages.crm
        and stages.object = {{ says_how_it_ends('opportunities.crm') }}
        and opportunities.closing_stage = stages.stage
    where coalesce(opportunities.created_date, clocks.as_of) <= clocks.as_of
        and coalesce(stages.ends_as, 'open') <> 'void'
)

select
    {{ hash_key('dated.crm', 'dated.opportunity_id') }} as opportunity_key,
    dated.crm,
    dated.opportunity_id,
    customers.customer_key,
    owners.employee_no,
    coalesce(owners.department_id, settings.only_department_id) as department_id,
    dated.stage,
    dated.status,
    case when dated.status = 'lost' then dated.loss_reason end as loss_reason,
    coalesce(dated.currency_code, dated.base_currency_code) as currency_code,
    dated.amount,
    case
        when coalesce(dated.currency_code, dated.base_currency_code) = dated.base_currency_code then dated.amount
        else {{ in_base('dated.amount', 'coalesce(rates.rate, dated.crm_rate)') }}
    end as amount_base,
    case when dated.probability > 1 then cast(dated.probability * 0.01 as decimal(9, 6)) else cast(dated.probability as decimal(9, 6)) end as probability,
    dated.created_date,
    dated.close_date,
    dated.closed_date,
    case when dated.status = 'won' then {{ days_between('dated.created_date', 'dated.closed_date') }} end as cycle_days
from dated
inner join {{ ref('int_crms') }} as settings on dated.crm = settings.crm
left join {{ ref('int_owners') }} as owners
    on dated.crm = owners.crm
    and dated.owner_id = owners.user_id
    and owners.effective_from <= coalesce(dated.closed_date, dated.as_of)
    and coalesce(dated.closed_date, dated.as_of) < owners.effective_to
left join {{ ref('int_customer_accounts') }} as customers
    on dated.crm = customers.crm and dated.account_id = customers.account_id
left join {{ ref('int_exchange_rates') }} as rates
    on rates.rate_type = 'market'
    and dated.currency_code = rates.currency_code
    and rates.valid_from <= coalesce(dated.closed_date, dated.as_of)
    and coalesce(dated.closed_date, dated.as_of) < rates.valid_to
