{{ config(materialized='table' if target.type == 'spark' else 'ephemeral', schema='intermediate', contract={'enforced': false}) }}

-- Own sales count only where somebody measured the market: the same region, product line and period.
with sizes as (
    select * from {{ ref('int_market_sizes') }}
),

observations as (
    select * from {{ ref('int_competitor_prices') }}
),

sold as (
    select
        lines.order_line_key as event_id,
        orders.order_date as event_date,
        orders.employee_no,
        orders.department_id,
        coalesce(orders.region, 'unassigned') as region,
        coalesce(lines.product_line, 'unassigned') as product_line,
        lines.product_code,
        lines.quantity,
        lines.net_amount_base as amount
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_key = orders.order_key
    where orders.is_counted
),

own as (
    select sizes.size_key, sizes.starts_on, sizes.region, sizes.product_line, sum(sold.amount) as amount
    from sizes
    inner join sold
        on sizes.region = sold.region
        and sizes.product_line = sold.product_line
        and sizes.starts_on <= sold.event_date
        and sold.event_date < sizes.ends_before
    group by sizes.size_key, sizes.starts_on, sizes.region, sizes.product_line
),

spans as (
    select distinct period_type, period_start, period_end from {{ ref('int_period_months') }}
),

-- What a piece of a product went for, region by region; one region alone has nothing to be compared with.
regional as (
    select
        spans.period_type, spans.period_start, spans.period_end, sold.product_line, sold.product_code, sold.region,
        sum(sold.quantity) as quantity,
        sum(sold.amount) as amount,
        {{ ratio('sum(sold.amount)', 'sum(sold.quantity)') }} as price
    from spans
    inner join sold on spans.period_start <= sold.event_date and sold.event_date < spans.period_end
    where sold.product_code is not null and sold.region <> 'unassigned'
    group by spans.period_type, spans.period_start, spans.period_end, sold.product_line, sold.product_code, sold.region
    having sum(sold.quantity) > 0
),

everywhere as (
    select
        period_type, period_start, product_line, product_code,
        sum(quantity) as quantity,
        sum(amount) as amount
    from regional
    group by period_type, period_start, product_line, product_code
    having count(*) > 1
),

-- Each region against its neighbours; where nobody wrote down who borders on whom, against all.
bordering as (
    select
        mine.period_type, mine.period_start, mine.product_line, mine.product_code, mine.region, mine.quantity, mine.amount,
        max(abs(mine.price - theirs.price)) as apart
    from regional as mine
    inner join regional as theirs
        on mine.period_type = theirs.period_type
        and mine.period_start = theirs.period_start
        and mine.product_code = theirs.product_code
        and mine.region <> theirs.region
    cross join (select count(*) as written from {{ ref('int_region_neighbours') }}) as borders
    left join {{ ref('int_region_neighbours') }} as sides
        on mine.region = sides.region and theirs.region = sides.neighbour and {{ holds_on('sides', days_after('mine.period_end', -1)) }}
    where borders.written = 0 or sides.region is not null
    group by mine.period_type, mine.period_start, mine.product_line, mine.product_code, mine.region, mine.quantity, mine.amount
),

dispersed as (
    select period_type, period_start, product_line, product_code, max(apart) as apart, sum(quantity) as quantity, sum(amount) as amount
    from bordering
    group by period_type, period_start, product_line, product_code
)

{% for axis, member in [('company', "'company'"), ('region', 'region'), ('product_line', 'product_line')] %}
select
    'market_share' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, '{{ axis }}' as axis, 'own:' || size_key as event_id, starts_on as event_date,
    cast(null as {{ dbt.type_string() }}) as employee_no, cast(null as {{ dbt.type_string() }}) as department_id, {{ member }} as member,
    amount as numerator, 0 as denominator
from own
union all
select
    'market_share' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, '{{ axis }}' as axis, 'market:' || size_key as event_id, starts_on as event_date,
    cast(null as {{ dbt.type_string() }}) as employee_no, cast(null as {{ dbt.type_string() }}) as department_id, {{ member }} as member,
    0 as numerator, amount as denominator
from sizes
union all
{% endfor %}
select
    'market_observations' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, 'organisation' as axis, observation_key as event_id, observed_on as event_date, employee_no,
    department_id, 'all' as member, 1 as numerator, 0 as denominator
from observations
where is_confirmed and is_novel
union all
select
    'competitor_price_gap' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, 'organisation' as axis, observation_key as event_id, observed_on as event_date, employee_no,
    department_id, 'all' as member, list_price - price as numerator, price as denominator
from observations
where list_price is not null
union all
select
    'market_observations_used' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, 'organisation' as axis,
    observation_key as event_id, observed_on as event_date, employee_no, department_id, 'all' as member,
    case when is_used then 1 else 0 end as numerator, 1 as denominator
from observations
where is_confirmed and is_novel
{% for axis in ['product_line', 'competitor'] %}
union all
select
    'competitor_price_gap' as metric_id, cast(null as {{ dbt.type_string() }}) as period_type, '{{ axis }}' as axis, observation_key as event_id,
    observed_on as event_date, employee_no, department_id, {{ axis }} as member, list_price - price as numerator, price as denominator
from observations
where list_price is not null
{% endfor %}
{% for axis, member in [('company', "'company'"), ('product_line', 'product_line'), ('product', 'product_code')] %}
union all
select
    'price_dispersion' as metric_id, period_type, '{{ axis }}' as axis, product_code as event_id, period_start as event_date,
    cast(null as {{ dbt.type_string() }}) as employee_no, cast(null as {{ dbt.type_string() }}) as department_id, {{ member }} as member,
    cast(round(cast(apart as decimal(19, 6)) * cast(quantity as decimal(18, 6)), 4) as decimal(38, 4)) as numerator, amount as denominator
from dispersed
{% endfor %}
union all
select
    'regional_price_index' as metric_id, regional.period_type, 'region' as axis, regional.product_code as event_id,
    regional.period_start as event_date, cast(null as {{ dbt.type_string() }}) as employee_no,
    cast(null as {{ dbt.type_string() }}) as department_id, regional.region as member, regional.amount as numerator,
    {{ share_of('everywhere.amount', 'regional.quantity', 'everywhere.quantity') }} as denominator
from regional
inner join everywhere
    on regional.period_type = everywhere.period_type
    and regional.period_start = everywhere.period_start
    and regional.product_code = everywhere.product_code
