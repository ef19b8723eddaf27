-- From target to actual. Volume, mix and price are taken over product lines that were both planned with a quantity and sold;
-- a new or discontinued line, and a target that no product line carries, stand in `other`, which closes the bridge.
with planned as (
    select period_type, period_start, scope_id as product_line, amount, quantity
    from {{ ref('int_targets') }}
    where metric_id = 'signed_sales' and scope_type = 'product_line'
),

company_targets as (
    select period_type, period_start, amount
    from {{ ref('int_targets') }}
    where metric_id = 'signed_sales' and scope_type = 'company'
),

lines as (
    select
        orders.order_date,
        coalesce(lines.product_line, 'unassigned') as product_line,
        lines.quantity,
        lines.net_amount_base,
        -- at the rate that was planned with, where there is one
        coalesce({{ in_base('lines.net_amount', 'budget.rate') }}, lines.net_amount_base) as net_amount_planned_rate
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
    left join {{ ref('int_exchange_rates') }} as budget
        on budget.rate_type = 'budget'
        and orders.currency_code = budget.currency_code
        and budget.valid_from <= orders.order_date
        and orders.order_date < budget.valid_to
    where orders.is_counted
),

sold as (
    select
        periods.period_type,
        periods.period_start,
        lines.product_line,
        sum(lines.quantity) as quantity,
        sum(lines.net_amount_planned_rate) as amount,
        sum(lines.net_amount_base - lines.net_amount_planned_rate) as fx
    from lines
    inner join {{ ref('int_periods') }} as periods
        on periods.period_start <= lines.order_date and lines.order_date < periods.period_end
    group by periods.period_type, periods.period_start, lines.product_line
),

compared as (
    select
        planned.period_type,
        planned.period_start,
        planned.amount as planned_amount,
        planned.quantity as planned_quantity,
        sold.amount as sold_amount,
        sold.quantity as sold_quantity,
        {{ share_of('planned.amount', 'sold.quantity', 'planned.quantity', scale=6) }} as standard_amount
    from planned
    inner join sold
        on planned.period_type = sold.period_type
        and planned.period_start = sold.period_start
        and planned.product_line = sold.product_line
    where planned.quantity <> 0
),

totals as (
    select
        period_type,
        period_start,
        cast(sum(planned_amount) as decimal(18, 4)) as planned_amount,
        cast(sum(planned_quantity) as decimal(18, 6)) as planned_quantity,
        cast(sum(sold_amount) as decimal(18, 4)) as sold_amount,
        cast(sum(sold_quantity) as decimal(18, 6)) as sold_quantity,
        cast(sum(standard_amount) as decimal(18, 4)) as standard_amount
    from compared
    group by period_type, period_start
),

effects as (
    select
        totals.*,
        {{ share_of('planned_amount', '(sold_quantity - planned_quantity)', 'planned_quantity', scale=6) }} as volume
    from totals
),

fx as (
    select period_type, period_start, sum(fx) as amount
    from sold
    group by period_type, period_start
),

planned_lines as (
    select period_type, period_start, sum(amount) as amount
    from planned
    group by period_type, period_start
),

returned as (
    select periods.period_type, periods.period_start, sum(returns.net_amount_base) as amount
    from {{ ref('fct_returns') }} as returns
    inner join {{ ref('int_periods') }} as periods
        on periods.period_start <= returns.return_date and returns.return_date < periods.period_end
    group by periods.period_type, periods.period_start
),

actual as (
    select period_type, period, period_start, value as amount
    from {{ ref('kpi') }}
    where metric_id = 'signed_sales' and scope_type = 'company' and org_view = 'as_of_event'
),

bars as (
    select
        actual.period_type,
        actual.period,
        cast(coalesce(company_targets.amount, planned_lines.amount) as decimal(18, 4)) as target,
        cast(coalesce(effects.volume, 0) as decimal(18, 4)) as volume,
        cast(coalesce(effects.sold_amount - effects.standard_amount, 0) as decimal(18, 4)) as price,
        cast(coalesce(effects.standard_amount - effects.planned_amount - effects.volume, 0) as decimal(18, 4)) as mix,
        cast(-coalesce(returned.amount, 0) as decimal(18, 4)) as returns,
        cast(coalesce(fx.amount, 0) as decimal(18, 4)) as fx,
        cast(actual.amount as decimal(18, 4)) as actual
    from actual
    left join company_targets on actual.period_type = company_targets.period_type and actual.period_start = company_targets.period_start
    left join planned_lines on actual.period_type = planned_lines.period_type and actual.period_start = planned_lines.period_start
    left join effects on actual.period_type = effects.period_type and actual.period_start = effects.period_start
    left join returned on actual.period_type = returned.period_type and actual.period_start = returned.period_start
    left join fx on actual.period_type = fx.period_type and actual.period_start = fx.period_start
    where coalesce(company_targets.amount, planned_lines.amount) is not null
)

{% for component, label in [
    ('target', '目标'), ('volume', '销量'), ('price', '价格'), ('mix', '结构'), ('returns', '退货'), ('fx', '汇率'), ('other', '其他'), ('actual', '实际')
] %}
select
    period_type,
    period,
    {{ loop.index0 }} as component_no,
    '{{ component }}' as component,
    '{{ label }}' as label_zh,
    cast({{ 'actual - target - volume - price - mix - returns - fx' if component == 'other' else component }} as decimal(18, 4)) as amount
from bars
{% if not loop.last %}union all{% endif %}
{% endfor %}
