-- A statement's carry-out is the next statement's carry-in, and both are the sums of the balances.
-- A row here: a balance that got lost between two statements of one payee.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'commission_statements'}}}) }}
with closing as (
    select payee_no, month, sum(closing) as closing
    from {{ ref('commission_balances') }}
    group by payee_no, month
)

select
    statements.payee_no,
    statements.month,
    statements.carry_in,
    statements.carry_out,
    closing.closing
from {{ ref('commission_statements') }} as statements
left join closing on statements.payee_no = closing.payee_no and statements.month = closing.month
where statements.carry_out <> coalesce(closing.closing, 0)
    or statements.carry_in + statements.earned <> statements.payable + statements.carry_out
