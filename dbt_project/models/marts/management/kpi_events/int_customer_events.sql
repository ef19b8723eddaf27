{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

with limits as (
    select
        max(case when threshold_id = 'reactivation_months' then cast(value as integer) end) as reactivation_months,
        max(case when threshold_id = 'loss_min_days' then cast(value as integer) end) as loss_min_days,
        max(case when threshold_id = 'loss_gap_factor' then value end) as loss_gap_factor,
        max(case when threshold_id = 'contract_grace_days' then cast(value as integer) end) as grace_days,
        max(case when threshold_id = 'cohort_repeat_days' then cast(value as integer) end) as repeat_days,
        max(case when threshold_id = 'retention_window_days' then cast(value as integer) end) as retention_days,
        max(case when threshold_id = 'record_fresh_days' then cast(value as integer) end) as fresh_days
    from {{ ref('dim_thresholds') }}
),

orders as (
    select * from {{ ref('fct_orders') }} where is_counted and customer_key is not null
),

-- One row per customer and day with an order; it belongs to the owner of the first of that day's orders.
order_days as (
    select
        customer_key,
        order_key,
        order_date,
        employee_no,
        department_id,
        row_number() over (partition by customer_key order by order_date) as day_no,
        lag(order_date) over (partition by customer_key order by order_date) as day_before,
        lead(order_date) over (partition by customer_key order by order_date) as next_day
    from (
        select orders.*, row_number() over (partition by customer_key, order_date order by order_key) as place from orders
    ) as ranked
    where place = 1
),

gaps as (
    select customer_key, order_date, {{ days_between('day_before', 'order_date') }} as gap
    from order_days
    where day_before is not null
),

-- Only where nothing came for the shortest time after which a customer can be lost is the customer's own rhythm looked at.
silences as (
    select order_days.customer_key, order_days.order_key, order_days.order_date, order_days.next_day, order_days.employee_no,
        order_days.department_id, limits.loss_min_days, limits.loss_gap_factor, clocks.as_of
    from order_days
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    where {{ days_between('order_days.order_date', 'coalesce(order_days.next_day, clocks.as_of)') }} >= limits.loss_min_days
),

rhythms as (
    select silences.order_key, cast(median(gaps.gap) as decimal(18, 6)) as median_gap
    from silences
    inner join gaps on silences.customer_key = gaps.customer_key and gaps.order_date <= silences.order_date
    group by silences.order_key
),

silent as (
    select
        silences.*,
        {{ days_after('silences.order_date', 'cast(ceil(greatest(silences.loss_min_days, coalesce(silences.loss_gap_factor * rhythms.median_gap, 0))) as integer)') }} as lost_on
    from silences
    left join rhythms on silences.order_key = rhythms.order_key
),

contracts as (
    select * from {{ ref('int_contracts') }}
),

-- A contract that ran out: no other went on by the end of its grace, and nothing was bought without one.
expired as (
    select contracts.*, {{ days_after('contracts.expires_on', 'limits.grace_days') }} as lost_on, clocks.as_of
    from contracts
    cross join limits
    cross join {{ ref('clocks') }} as clocks
    left join contracts as renewals
        on contracts.customer_key = renewals.customer_key
        and {{ days_between('contracts.expires_on', 'renewals.starts_on') }} <= limits.grace_days
        and (
            contracts.expires_on < renewals.expires_on
            or (contracts.expires_on = renewals.expires_on and contracts.contract_key < renewals.contract_key)
        )
    left join order_days
        on contracts.customer_key = order_days.customer_key
        and contracts.expires_on < order_days.order_date
        and {{ days_between('contracts.expires_on', 'order_days.order_date') }} <= limits.grace_days
    where contracts.expires_on < clocks.as_of and renewals.contract_key is null and order_days.order_key is null
),

-- Who is under contract is not lost by silence, and nobody is lost twice.
losses as (
    select
        silent.order_key as loss_key, silent.customer_key, silent.employee_no, silent.department_id, silent.lost_on, silent.next_day, silent.as_of
    from silent
    cross join limits
    left join contracts
        on silent.customer_key = contracts.customer_key
        and contracts.starts_on <= silent.lost_on
        and {{ days_between('contracts.expires_on', 'silent.lost_on') }} <= limits.grace_days
    left join expired
        on silent.customer_key = expired.customer_key and silent.order_date < expired.lost_on and expired.lost_on <= silent.lost_on
    where contracts.contract_key is null and expired.contract_key is null
        and silent.lost_on <= silent.as_of and (silent.next_day is null or silent.lost_on < silent.next_day)
    union all
    select
        expired.contract_key, expired.customer_key, expired.employee_no, expired.department_id, expired.lost_on, min(order_days.order_date),
        expired.as_of
    from expired
    left join order_days on expired.customer_key = order_days.customer_key and expired.lost_on < order_days.order_date
    where expired.lost_on <= expired.as_of
    group by
        expired.contract_key, expired.customer_key, expired.employee_no, expired.department_id, expired.lost_on, expired.as_of
),

-- What comes first after a loss: an order or a contract.
comebacks as (
    select
        returned.*,
        row_number() over (partition by loss_key order by returned_on, event_id) as place
    from (
        select
            losses.loss_key, order_days.order_key as event_id, order_days.order_key, order_days.order_date as returned_on,
            order_days.customer_key, order_days.employee_no, order_days.department_id
        from losses
        inner join order_days on losses.customer_key = order_days.customer_key and losses.next_day = order_days.order_date
        union all
        select
            losses.loss_key, contracts.contract_key, null, contracts.starts_on, contracts.customer_key, contracts.employee_no,
            contracts.department_id
        from losses
        inner join contracts
            on losses.customer_key = contracts.customer_key
            and losses.lost_on < contracts.starts_on
            and contracts.starts_on <= losses.as_of
    ) as returned
),

amounts as (
    select customer_key, order_key, order_date, order_date as moved_on, employee_no, department_id, net_amount_base as amount, 1 as orders
    from orders
    union all
    select returns.customer_key, returns.order_key, coalesce(orders.order_date, returns.return_date), returns.return_date,
        returns.employee_no, returns.department_id, -returns.net_amount_base, 0
    from {{ ref('fct_returns') }} as returns
    left join orders on returns.order_key = orders.order_key
    where returns.customer_key is not null
    union all
    select customer_key, order_key, order_date, moved_on, employee_no, department_id, net_amount_base, 0
    from {{ ref('int_signed_changes') }} where customer_key is not null
),

-- Only orders that people share are kept apart.
held_amounts as (
    select
        amounts.customer_key, amounts.moved_on, amounts.employee_no, amounts.department_id, amounts.amount,
        shared.order_key, case when shared.order_key is not null then amounts.order_date end as credit_day
    from amounts
    left join (
        select distinct transaction_id as order_key from {{ ref('commission_splits') }}
    ) as shared on amounts.order_key = shared.order_key
),

month_ends as (
    select
        months.month,
        least({{ days_after(add_months('months.month', 1), '-1') }}, clocks.as_of) as month_end
    from {{ ref('int_period_months') }} as months
    cross join {{ ref('clocks') }} as clocks
    where months.period_type = 'month' and months.month <= clocks.as_of and months.period_end > (select min(order_date) from orders)
),

active as (
    {% for days in [90, 180, 365] %}
    select
        'active_customers_{{ days }}' as metric_id, month_ends.month, amounts.customer_key, amounts.employee_no, amounts.department_id,
        amounts.order_key, amounts.credit_day, sum(amounts.amount) as amount
    from month_ends
    inner join held_amounts as amounts
        on amounts.moved_on <= month_ends.month_end and {{ days_after('month_ends.month_end', '-' ~ days) }} < amounts.moved_on
    group by
        month_ends.month, amounts.customer_key, amounts.employee_no, amounts.department_id, amounts.order_key, amounts.credit_day
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A customer that two groups claim belongs to the first by name.
groups_by_month as (
    select month_ends.month, groups.customer_key, min(groups.group_id) as group_id
    from month_ends
    inner join {{ ref('int_customer_classes') }} as groups on groups.group_id is not null and {{ holds_on('groups', 'month_ends.month_end') }}
    group by month_ends.month, groups.customer_key
),

-- Two windows side by side; a window that begins before the first order we know of says nothing.
windows as (
    select
        month_ends.month,
        amounts.customer_key,
        sum(case when amounts.moved_on <= {{ days_after('month_ends.month_end', '-limits.retention_days') }} then amounts.amount else 0 end) as before_amount,
        sum(case when amounts.moved_on > {{ days_after('month_ends.month_end', '-limits.retention_days') }} then amounts.amount else 0 end) as after_amount,
        max(case when amounts.moved_on <= {{ days_after('month_ends.month_end', '-limits.retention_days') }} and amounts.amount > 0 and amounts.orders = 1 then amounts.moved_on end) as last_before
    from month_ends
    cross join limits
    inner join amounts
        on amounts.moved_on <= month_ends.month_end
        and {{ days_after('month_ends.month_end', '-2 * limits.retention_days') }} < amounts.moved_on
    where {{ days_after('month_ends.month_end', '1 - 2 * limits.retention_days') }} >= (select min(order_date) from orders)
    group by month_ends.month, amounts.customer_key
),

kept as (
    select windows.*, order_days.employee_no, order_days.department_id
    from windows
    inner join order_days on windows.customer_key = order_days.customer_key and windows.last_before = order_days.order_date
    where windows.before_amount > 0
),

records as (
    select
        customers.customer_key,
        customers.owner_employee_no as employee_no,
        employees.department_id,
        case when customers.uscc is null then 0 else 1 end + case when customers.region is null then 0 else 1 end
        + case when customers.industry is null then 0 else 1 end + case when customers.owner_employee_no is null then 0 else 1 end as filled,
        case when {{ is_credit_code('customers.uscc') }} then 1 else 0 end as is_valid_code,
        case when customers.uscc is null then 0 else 1 end as has_code,
        customers.has_valid_phone,
        customers.has_contradictory_phone,
        customers.record_changed_on,
        clocks.as_of,
        {{ period_start('month', 'clocks.as_of') }} as month
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('clocks') }} as clocks
    left join {{ ref('dim_employees') }} as employees on customers.owner_employee_no = employees.employee_no
)

select 'new_customers' as metric_id, order_key as event_id, order_key, order_date as credit_day, customer_key as entity_id,
    order_date as event_date, employee_no, department_id, 1 as numerator, 0 as denominator
from order_days where day_no = 1
union all
select 'reactivated_customers', order_key, order_key, order_date, customer_key, order_date, employee_no, department_id, 1, 0
from order_days cross join limits
where day_before is not null and {{ add_months('day_before', 'limits.reactivation_months') }} < order_date
union all
select 'lost_customers', loss_key, null, lost_on, customer_key, lost_on, employee_no, department_id, 1, 0
from losses
union all
select 'won_back_customers', event_id, order_key, returned_on, customer_key, returned_on, employee_no, department_id, 1, 0
from comebacks where place = 1
union all
select active.metric_id,
    active.customer_key || '|' || coalesce(active.employee_no, 'unassigned') || '|' || coalesce(active.department_id, 'unassigned')
    || coalesce('|' || active.order_key, ''),
    active.order_key, active.credit_day, coalesce('group:' || groups_by_month.group_id, active.customer_key), active.month, active.employee_no,
    active.department_id, active.amount, 0
from active
left join groups_by_month on active.month = groups_by_month.month and active.customer_key = groups_by_month.customer_key
union all
select 'retention_rate', customer_key, null, month, customer_key, month, employee_no, department_id, case when after_amount > 0 then 1 else 0 end, 1
from kept
union all
select 'churn_rate', customer_key, null, month, customer_key, month, employee_no, department_id, case when after_amount > 0 then 0 else 1 end, 1
from kept
union all
select 'win_back_rate', losses.loss_key, null, losses.lost_on, losses.customer_key, losses.lost_on, losses.employee_no, losses.department_id,
    case when comebacks.loss_key is null then 0 else 1 end, 1
from losses
left join comebacks on losses.loss_key = comebacks.loss_key and comebacks.place = 1
union all
-- A customer is judged once it has had its time.
select 'cohort_repurchase_rate', order_key, null, order_date, customer_key, order_date, employee_no, department_id,
    case when {{ days_between('order_date', 'next_day') }} <= limits.repeat_days then 1 else 0 end, 1
from order_days
cross join limits
cross join {{ ref('clocks') }} as clocks
where day_no = 1 and {{ days_between('order_date', 'clocks.as_of') }} >= limits.repeat_days
union all
select 'revenue_retention_net', customer_key, null, month, customer_key, month, employee_no, department_id, greatest(after_amount, 0), before_amount
from kept
union all
select 'revenue_retention_gross', customer_key, null, month, customer_key, month, employee_no, department_id,
    least(greatest(after_amount, 0), before_amount), before_amount
from kept
union all
select 'customer_record_completeness', customer_key, null, month, customer_key, month, employee_no, department_id, filled, 4 from records
union all
select 'customer_code_validity', customer_key, null, month, customer_key, month, employee_no, department_id, is_valid_code, has_code
from records where has_code = 1
union all
select 'customer_record_freshness', customer_key, null, month, customer_key, month, employee_no, department_id,
    case when {{ days_between('record_changed_on', 'as_of') }} <= limits.fresh_days then 1 else 0 end, 1
from records cross join limits where record_changed_on is not null
union all
select 'customer_phone_validity', customer_key, null, month, customer_key, month, employee_no, department_id, case when has_valid_phone then 1 else 0 end, 1
from records where has_valid_phone is not null
union all
select 'customer_phone_contradiction', customer_key, null, month, customer_key, month, employee_no, department_id,
    case when has_contradictory_phone then 1 else 0 end, 1
from records where has_contradictory_phone is not null
