-- The ledger, and beside it what the next closes would post: nothing is corrected in silence.
with lines as (
    select
        entry_id,
        entry_type,
        'posted' as status,
        payee_no,
        plan_id,
        plan_hash,
        component_id,
        component_name,
        origin_period,
        posting_period,
        amount,
        reason,
        reverses_id,
        data_as_of,
        approved_by,
        evidence,
        decision_id,
        prev_entry_hash,
        entry_hash
    from {{ ref('fct_commission_entries') }}
    union all
    select
        'draft-' || drafts.line_key as entry_id,
        drafts.entry_type,
        'draft' as status,
        drafts.payee_no,
        drafts.plan_id,
        drafts.plan_hash,
        drafts.component_id,
        drafts.component_name,
        drafts.origin_period,
        drafts.posting_period,
        drafts.amount,
        drafts.reason,
        drafts.reverses_id,
        clocks.as_of as data_as_of,
        drafts.signatures as approved_by,
        drafts.evidence,
        drafts.decision_id,
        cast(null as {{ dbt.type_string() }}) as prev_entry_hash,
        cast(null as {{ dbt.type_string() }}) as entry_hash
    from {{ ref('int_commission_settled') }} as drafts
    cross join {{ ref('clocks') }} as clocks
)

select
    lines.entry_id,
    lines.entry_type,
    lines.status,
    lines.payee_no,
    employees.name as payee_name,
    employees.department_id,
    lines.plan_id,
    lines.plan_hash,
    lines.component_id,
    lines.component_name,
    lines.origin_period,
    lines.posting_period,
    lines.amount,
    lines.reason,
    lines.reverses_id,
    lines.data_as_of,
    lines.approved_by,
    lines.evidence,
    lines.decision_id,
    lines.prev_entry_hash,
    lines.entry_hash
from lines
left join {{ ref('dim_employees') }} as employees on lines.payee_no = employees.employee_no
