-- What a guarantee filled up nobody owes; what is gone for good is in no balance, but a line (WRITE_OFF). What is earned and not paid stands positive, what is paid and not earned negative; a balance is carried month by month until it is nil.
with kept as (
    select
        payee_no,
        case
            when entry_type = 'DRAW' and reason = '保障补足' then null
            when entry_type in ('DRAW', 'DRAW_RECOVERY') then 'draw'
            when entry_type = 'CLAWBACK_RECOVERY' then 'clawback'
            when entry_type in ('CAP_WITHHELD', 'CAP_RELEASE') then 'cap'
            when entry_type in ('HOLD', 'HOLD_RELEASE') then 'hold'
            when entry_type in ('HOLDBACK', 'HOLDBACK_RELEASE') then 'holdback'
        end as balance_kind,
        posting_period as month,
        amount,
        status
    from {{ ref('commission_lines') }}
),

moves as (
    select
        payee_no,
        balance_kind,
        month,
        sum(case when amount < 0 then -amount else 0 end) as added,
        sum(case when amount > 0 then amount else 0 end) as released,
        max(case when status = 'draft' then 1 else 0 end) as drafts
    from kept
    where balance_kind is not null
    group by payee_no, balance_kind, month
),

months as (
    select distinct posting_period as month
    from {{ ref('commission_lines') }}
),

kinds as (
    select payee_no, balance_kind, min(month) as first_month
    from moves
    group by payee_no, balance_kind
),

carried as (
    select
        kinds.payee_no,
        kinds.balance_kind,
        months.month,
        coalesce(moves.added, 0) as added,
        coalesce(moves.released, 0) as released,
        coalesce(moves.drafts, 0) as drafts,
        sum(coalesce(moves.added, 0) - coalesce(moves.released, 0)) over (
            partition by kinds.payee_no, kinds.balance_kind order by months.month rows between unbounded preceding and current row
        ) as closing
    from kinds
    inner join months on months.month >= kinds.first_month
    left join moves
        on kinds.payee_no = moves.payee_no and kinds.balance_kind = moves.balance_kind and months.month = moves.month
)

select
    payee_no,
    balance_kind,
    month,
    cast(closing - added + released as decimal(18, 2)) as opening,
    cast(added as decimal(18, 2)) as added,
    cast(released as decimal(18, 2)) as released,
    cast(closing as decimal(18, 2)) as closing,
    case when drafts = 1 then 'draft' else 'posted' end as status
from carried
where closing <> 0 or added <> 0 or released <> 0
