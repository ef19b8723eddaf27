{{ config(schema='intermediate', contract={'enforced': false}) }}


-- What people decided outside of every rule, disputes and adjustments alike; a dispute that was not upheld is worth nothing.
select
    'dispute' as kind,
    dispute_id as decision_id,
    employee_no as payee_no,
    plan_id,
    component_id,
    'ADJ_DISPUTE' as entry_type,
    month as origin_period,
    cast(null as {{ dbt.type_string() }}) as posting_period,
    cast(case when decision in ('upheld', 'partly_upheld') then coalesce(effect_amount, 0) else 0 end as decimal(18, 2)) as amount,
    '申诉 ' || dispute_id || '：' || coalesce(reason, claim) as reason,
    evidence,
    decided_by as signatures,
    line,
    claim,
    coalesce(decision, 'open') as decision,
    opened_on,
    triaged_on,
    decided_on
from {{ ref('stg_company__disputes') }}
union all
{% for kind, amount, where in [
    ('entry_type', 'amount', 'true'),
    ("case balance when 'cap' then 'CAP_RELEASE' when 'hold' then 'HOLD_RELEASE' when 'holdback' then 'HOLDBACK_RELEASE' else 'CLAWBACK_RECOVERY' end",
        '-amount', "entry_type = 'WRITE_OFF' and balance is not null"),
] -%}
select
    'adjustment' as kind,
    adjustment_id as decision_id,
    employee_no as payee_no,
    plan_id,
    component_id,
    {{ kind }} as entry_type,
    origin_month as origin_period,
    posting_month as posting_period,
    cast({{ amount }} as decimal(18, 2)) as amount,
    reason,
    evidence,
    approved_by || coalesce('; ' || second_approver, '') as signatures,
    cast(null as {{ dbt.type_string() }}) as line,
    cast(null as {{ dbt.type_string() }}) as claim,
    'upheld' as decision,
    cast(null as date) as opened_on,
    cast(null as date) as triaged_on,
    cast(null as date) as decided_on
from {{ ref('stg_company__adjustments') }}
where {{ where }}
{{ 'union all' if not loop.last }}
{% endfor %}
