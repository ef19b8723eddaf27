-- As restated (posted and draft, by origin month) commission equals tonight's recomputation.
-- A row here: a difference that no draft will put right.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_lines'}}}) }}
with lines as (
    select payee_no, plan_id, component_id, origin_period, sum(amount) as amount
    from {{ ref('commission_lines') }}
    where entry_type in ('EARN', 'ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'CLAWBACK')
    group by payee_no, plan_id, component_id, origin_period
),

computed as (
    select payee_no, plan_id, component_id, month as origin_period, sum(amount) as amount
    from {{ ref('commission_earnings') }}
    group by payee_no, plan_id, component_id, month
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
