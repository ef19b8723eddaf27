-- As restated (posted and draft, by origin month) commission equals tonight's recomputation; what people decided by hand stands apart.
-- A row here: a difference that no draft will put right.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_lines'}}}) }}
with lines as (
    select payee_no, plan_id, coalesce(component_id, '') as component_id, origin_period, sum(amount) as amount
    from {{ ref('commission_lines') }}
    where entry_type not in ('DRAW', 'DRAW_RECOVERY', 'CLAWBACK_RECOVERY', 'MANUAL', 'ADJ_DISPUTE', 'FX_DIFF', 'ROUNDING')
        and coalesce(reason, '') <> '离职：预支余额核销'
        and decision_id is null
    group by payee_no, plan_id, coalesce(component_id, ''), origin_period
),

computed as (
    select payee_no, plan_id, component_id, origin_period, sum(amount) as amount
    from (
        select payee_no, plan_id, coalesce(component_id, '') as component_id, origin_period, amount
        from {{ ref('int_commission_guards') }}
        union all
        select payee_no, plan_id, component_id, origin_period, amount
        from {{ ref('int_commission_awards') }}
    ) as told
    group by payee_no, plan_id, component_id, origin_period
)

select
    coalesce(lines.payee_no, computed.payee_no) as payee_no,
    coalesce(lines.origin_period, computed.origin_period) as origin_period,
    lines.amount as of_lines,
    computed.amount as of_recomputation
from lines
full outer join computed
    on lines.payee_no = computed.payee_no
    and lines.plan_id = computed.plan_id
    and lines.component_id = computed.component_id
    and lines.origin_period = computed.origin_period
where coalesce(lines.amount, 0) <> coalesce(computed.amount, 0)
