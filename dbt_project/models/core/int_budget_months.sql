{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- The budget in force at the end of its period, in equal parts over the period's months; the parts add up to the whole.
with held as (
    select budgets.*, months.period_type, months.period_start, months.months, months.month
    from {{ ref('stg_company__budget') }} as budgets
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_period_months') }} as months on budgets.period = months.period
    where {{ holds_on('budgets', 'least(' ~ days_after('months.period_end', '-1') ~ ', clocks.as_of)') }}
),

placed as (
    select
        held.*,
        row_number() over (partition by row_key order by month) as place
    from held
)

select
    md5('budget:' || row_key || ':' || cast(month as {{ dbt.type_string() }})) as budget_key,
    cost_type,
    department_id,
    period_type,
    period_start,
    variance_code,
    month as budget_month,
    cast({{ share_of('amount', 'place', 'months') }} - {{ share_of('amount', '(place - 1)', 'months') }} as decimal(18, 4)) as amount
from placed
