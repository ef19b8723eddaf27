with months as (
    select
        payee_no,
        max(payee_name) as payee_name,
        posting_period as month,
        cast(sum(case when origin_period < posting_period then amount else 0 end) as decimal(18, 2)) as of_earlier_months,
        cast(sum(amount) as decimal(18, 2)) as payable,
        cast(count(*) as integer) as line_count,
        max(case when status = 'draft' then 1 else 0 end) as drafts
    from {{ ref('commission_lines') }}
    group by payee_no, posting_period
),

balances as (
    select
        payee_no,
        month,
        sum(opening) as carry_in,
        sum(closing) as carry_out
    from {{ ref('commission_balances') }}
    group by payee_no, month
)

select
    months.payee_no,
    months.payee_name,
    months.month,
    months.line_count,
    cast(coalesce(balances.carry_in, 0) as decimal(18, 2)) as carry_in,
    cast(months.payable + coalesce(balances.carry_out, 0) - coalesce(balances.carry_in, 0) as decimal(18, 2)) as earned,
    months.of_earlier_months,
    months.payable,
    cast(coalesce(balances.carry_out, 0) as decimal(18, 2)) as carry_out,
    cast(coalesce(sum(months.payable) over (
        partition by months.payee_no, substr(months.month, 1, 4) order by months.month
        rows between unbounded preceding and current row
    ), 0) as decimal(18, 2)) as payable_year_to_date,
    case when months.drafts = 1 then 'draft' else 'posted' end as status
from months
left join balances on months.payee_no = balances.payee_no and months.month = balances.month
