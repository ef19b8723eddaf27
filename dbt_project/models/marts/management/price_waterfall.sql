-- 价格瀑布: from the list price over what was signed to what stays, all without VAT and only of lines that have a list price.
with figures as (
    select kpi.*
    from {{ ref('kpi') }} as kpi
    where kpi.org_view = 'as_of_event' and kpi.scope_type in ('company', 'department')
        and kpi.metric_id in ('price_realisation', 'return_rate', 'rebates_net')
),

steps as (
    select
        period_type,
        period,
        scope_type,
        scope_id,
        max(scope_name) as scope_name,
        sum(case when metric_id = 'price_realisation' then denominator end) as list_amount,
        sum(case when metric_id = 'price_realisation' then numerator end) as invoice_amount,
        sum(case when metric_id = 'return_rate' then numerator end) as returned,
        sum(case when metric_id = 'rebates_net' then value end) as rebates
    from figures
    group by period_type, period, scope_type, scope_id
)

{% for number, component, label, amount in [
    (0, 'list', '目录价', 'list_amount'), (1, 'discount', '折扣', 'invoice_amount - list_amount'), (2, 'invoice', '成交净价', 'invoice_amount'),
    (3, 'returns', '退货', '-coalesce(returned, 0)'), (4, 'rebates', '返利', '-coalesce(rebates, 0)'),
    (5, 'pocket', '到手价', 'invoice_amount - coalesce(returned, 0) - coalesce(rebates, 0)'),
] %}
select
    period_type, period, scope_type, scope_id, scope_name, {{ number }} as component_no, '{{ component }}' as component,
    '{{ label }}' as label_zh, cast({{ amount }} as decimal(38, 6)) as amount, {{ ratio(amount, 'list_amount') }} as share_of_list
from steps
where list_amount <> 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
