-- Earned to date = paid + balances (hold, holdback, cap, draw, clawback), for each payee (C9.3).
-- A row here: cents of a payee that are neither paid nor in a named balance.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_balances'}}}) }}
with earned as (
    select payee_no, sum(amount) as amount
    from {{ ref('commission_lines') }}
    where entry_type in (
        'EARN', 'SPIFF', 'AWARD', 'CLAWBACK', 'PENALTY', 'ADJ_DATA', 'ADJ_SPLIT', 'ADJ_PLAN', 'ADJ_DISPUTE', 'MANUAL', 'WRITE_OFF', 'FX_DIFF', 'ROUNDING'
    ) or (entry_type = 'DRAW' and reason = '保障补足')
    group by payee_no
),

paid as (
    select payee_no, sum(payable) as amount
    from {{ ref('commission_payables') }}
    group by payee_no
),

kept as (
    select payee_no, sum(added - released) as amount
    from {{ ref('commission_balances') }}
    group by payee_no
)

select
    paid.payee_no,
    earned.amount as earned,
    paid.amount as paid,
    kept.amount as kept
from paid
left join earned on paid.payee_no = earned.payee_no
left join kept on paid.payee_no = kept.payee_no
where coalesce(earned.amount, 0) <> paid.amount + coalesce(kept.amount, 0)
