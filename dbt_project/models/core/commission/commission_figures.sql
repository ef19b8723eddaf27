-- 1. What people did, day by day: cash and signatures without VAT, margin, new customers, visits. A shared deal counts for those who share it,
-- what comes back for those by whom it came.
with shares as (
    select transaction_id, payee_no, cast(share as {{ share_type() }}) as share, valid_from, coalesce(valid_to, cast('9999-12-31' as date)) as valid_to
    from {{ ref('commission_splits') }}
    where not is_overlay
),

shared as (
    select
        events.event_type,
        events.event_date as day,
        events.customer_key,
        events.customer_class,
        events.original_event_id,
        events.is_cash and events.is_applied as is_collected,
        coalesce(shares.payee_no, events.owner_at_signature) as payee_no,
        {%- for amount in ['amount_ex_tax', 'amount_incl_tax', 'gross_margin'] %}
        cast(round(cast(round(cast(events.{{ amount }} as decimal(25, 10)) * orders.fx_rate, 6) as decimal(25, 6)) * coalesce(shares.share, 1), 4) as decimal(38, 4)) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('commission_events') }} as events
    inner join {{ ref('fct_orders') }} as orders on events.transaction_id = orders.order_key
    left join {{ ref('commission_events') }} as originals on events.original_event_id = originals.event_id
    left join shares
        on events.transaction_id = shares.transaction_id
        and shares.valid_from <= coalesce(originals.event_date, events.event_date)
        and coalesce(originals.event_date, events.event_date) <= shares.valid_to
    where events.grain <> 'line' and events.event_type in ('signed', 'cash_applied')
),

deeds as (
    select payee_no, 'signed_ex_tax' as name, day, amount_ex_tax as value from shared where event_type = 'signed'
    union all
    select payee_no, 'collected_ex_tax' as name, day, amount_ex_tax as value from shared where event_type = 'cash_applied' and is_collected
    union all
    select payee_no, 'collections' as name, day, amount_incl_tax as value from shared where event_type = 'cash_applied' and is_collected
    union all
    select payee_no, 'gross_margin' as name, day, gross_margin as value from shared where event_type = 'signed' and gross_margin <> 0
    union all
    select payee_no, 'new_customers' as name, min(day) as day, cast(1 as decimal(38, 4)) as value
    from shared
    where event_type = 'signed' and customer_class = 'new' and original_event_id is null
    group by payee_no, customer_key
    union all
    select employee_no as payee_no, 'visits' as name, visit_date as day, cast(1 as decimal(38, 4)) as value
    from {{ ref('fct_visits') }}
    union all
    select employee_no as payee_no, 'valid_visits' as name, visit_date as day, cast(1 as decimal(38, 4)) as value
    from {{ ref('fct_visits') }}
    where is_valid
),

{% set names = {'month': 'day', 'quarter': add_months('day', '1 - clocks.fiscal_year_start_month'), 'year': add_months('day', '1 - clocks.fiscal_year_start_month')} -%}
counted as (
    {% for period_type, shifted in names.items() -%}
    select deeds.payee_no, {{ period_name(period_type, shifted) }} as period, deeds.name, sum(deeds.value) as value, max(deeds.day) as reached_on
    from deeds
    cross join {{ ref('clocks') }} as clocks
    where deeds.payee_no is not null
    group by deeds.payee_no, {{ period_name(period_type, shifted) }}, deeds.name
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- 2. What was owed at the end of each month, and how much of it was past due: bills and credit notes by their own dates, cash by the due
-- date of the instalment it paid.
owed as (
    select orders.employee_no as payee_no, bills.invoice_date as day, bills.due_date, {{ in_base('bills.billed_amount', 'orders.fx_rate') }} as amount
    from {{ ref('int_instalments') }} as bills
    inner join {{ ref('fct_orders') }} as orders on bills.order_key = orders.order_key
    union all
    select
        orders.employee_no as payee_no,
        entries.entry_date as day,
        bills.due_date,
        {{ in_base('-entries.amount', 'orders.fx_rate') }} as amount
    from {{ ref('stg_company__ar_ledger') }} as entries
    inner join (
        select crm, invoice_no, min(order_key) as order_key, min(due_date) as due_date from {{ ref('int_instalments') }} group by crm, invoice_no
    ) as bills on entries.crm = bills.crm and entries.invoice_no = bills.invoice_no
    inner join {{ ref('fct_orders') }} as orders on bills.order_key = orders.order_key
    where entries.entry_type in ('credit_note', 'write_off')
    union all
    select
        orders.employee_no as payee_no,
        cash.event_date as day,
        coalesce(cash.due_date, originals.due_date) as due_date,
        {{ in_base('cash.moved_from - cash.moved_to', 'orders.fx_rate') }} as amount
    from {{ ref('int_commission_movements') }} as cash
    inner join {{ ref('fct_orders') }} as orders on cash.order_key = orders.order_key
    left join {{ ref('int_commission_movements') }} as originals on cash.original_event_id = originals.event_id
    where cash.event_type = 'cash_applied' and coalesce(cash.due_date, originals.due_date) is not null
),

-- Who has sold is asked every month, billed or not: nothing owed is nothing overdue, where bills are kept at all.
asked as (
    select sellers.payee_no, months.month
    from (
        select orders.employee_no as payee_no, min(orders.order_date) as first_day
        from {{ ref('fct_orders') }} as orders
        where orders.employee_no is not null and orders.crm in (
            select crm from {{ ref('int_crms') }} where receivables_source = 'crm_invoices'
            union
            select crm from {{ ref('int_instalments') }}
        )
        group by orders.employee_no
    ) as sellers
    cross join {{ ref('clocks') }} as clocks
    inner join {{ ref('int_period_months') }} as months
        on months.period_type = 'month' and sellers.first_day < {{ add_months('months.month', '1') }} and months.month <= clocks.as_of
),

standing as (
    select
        asked.payee_no,
        asked.month,
        sum(owed.amount) as outstanding,
        sum(case when owed.due_date < {{ add_months('asked.month', '1') }} - 1 then owed.amount else 0 end) as overdue
    from asked
    left join owed on asked.payee_no = owed.payee_no and owed.day < {{ add_months('asked.month', '1') }}
    group by asked.payee_no, asked.month
),

ratios as (
    select
        payee_no,
        {{ period_name('month', 'month') }} as period,
        coalesce(case when outstanding > 0 then {{ share_of('greatest(overdue, 0)', '1', 'outstanding', places=10) }} end, 0) as value
    from standing
),

-- 3. What was done of what was agreed, in the measure that the plan's quota names; a month without a target of its own that ends a quarter
-- or a year answers for that.
pursued as (
    select assignments.payee_no, min(registry.metric_id) as metric_id
    from {{ ref('commission_assignments') }} as assignments
    inner join {{ ref('int_plan_components') }} as components on assignments.plan_id = components.plan_id
    inner join {{ ref('metric_registry') }} as registry
        on components.quota_measure = registry.metric_id or components.quota_measure = regexp_replace(registry.name_zh, '（.*', '')
    group by assignments.payee_no
    having count(distinct registry.metric_id) = 1
),

attained as (
    select
        targets.scope_id as payee_no,
        targets.period_type,
        case targets.period_type
            when 'month' then {{ period_name('month', 'targets.period_start') }}
            when 'quarter' then {{ period_name('quarter', add_months('targets.period_start', '1 - clocks.fiscal_year_start_month')) }}
            else {{ period_name('year', add_months('targets.period_start', '1 - clocks.fiscal_year_start_month')) }}
        end as period,
        {{ add_months('targets.period_start', "case targets.period_type when 'quarter' then 2 when 'year' then 11 else 0 end") }} as last_month,
        counted.reached_on,
        coalesce({{ share_of('counted.value', '1', 'coalesce(targets.amount, targets.quantity)', places=10) }}, 0) as value
    from {{ ref('int_targets') }} as targets
    cross join {{ ref('clocks') }} as clocks
    inner join pursued on targets.scope_id = pursued.payee_no and targets.metric_id = pursued.metric_id
    left join counted
        on pursued.payee_no = counted.payee_no
        and case pursued.metric_id when 'signed_sales' then 'signed_ex_tax' when 'gross_profit' then 'gross_margin' else pursued.metric_id end = counted.name
        and case targets.period_type
            when 'month' then {{ period_name('month', 'targets.period_start') }}
            when 'quarter' then {{ period_name('quarter', add_months('targets.period_start', '1 - clocks.fiscal_year_start_month')) }}
            else {{ period_name('year', add_months('targets.period_start', '1 - clocks.fiscal_year_start_month')) }}
        end = counted.period
    where targets.scope_type = 'rep'
        and coalesce(targets.amount, targets.quantity) > 0
        and targets.period_start <= clocks.as_of
        and pursued.metric_id in ('signed_sales', 'collections', 'gross_profit', 'new_customers', 'visits', 'valid_visits')
),

-- 4. Reports that were due and in time.
filed as (
    select employee_no as payee_no, period, {{ share_of('sum(in_time)', '1', 'count(*)', places=10) }} as value
    from (
        {% for period_type, shifted in {'month': 'reports.due_on', 'quarter': add_months('reports.due_on', '1 - clocks.fiscal_year_start_month'), 'year': add_months('reports.due_on', '1 - clocks.fiscal_year_start_month')}.items() -%}
        select reports.employee_no, {{ period_name(period_type, shifted) }} as period, case when reports.is_late then 0 else 1 end as in_time
        from {{ ref('int_reports_due') }} as reports
        cross join {{ ref('clocks') }} as clocks
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as due
    where employee_no is not null
    group by employee_no, period
),

-- 5. What people wrote down stands over what we count.
figures as (
    select employee_no as payee_no, period, name, cast(value as decimal(38, 10)) as value, reached_on, 1 as place from {{ ref('stg_company__payee_figures') }}
    union all
    select payee_no, period, name, cast(value as decimal(38, 10)) as value, reached_on, 2 as place from counted where name <> 'collections'
    union all
    select payee_no, period, 'attainment' as name, cast(value as decimal(38, 10)) as value, reached_on, 2 as place from attained
    union all
    select
        payee_no, {{ period_name('month', 'last_month') }} as period, 'attainment' as name, cast(value as decimal(38, 10)) as value, reached_on,
        case period_type when 'quarter' then 3 else 4 end as place
    from attained
    where period_type <> 'month'
    union all
    select payee_no, period, 'report_rate' as name, cast(value as decimal(38, 10)) as value, cast(null as date) as reached_on, 2 as place from filed
    {% for name in ['overdue_ratio', 'overdue'] -%}
    union all
    select payee_no, period, '{{ name }}' as name, cast(value as decimal(38, 10)) as value, cast(null as date) as reached_on, 2 as place from ratios
    {% endfor -%}
),

ranked as (
    select figures.*, row_number() over (partition by payee_no, period, name order by place) as rank_no from figures
)

select
    payee_no,
    period,
    name,
    value,
    reached_on
from ranked
where rank_no = 1
