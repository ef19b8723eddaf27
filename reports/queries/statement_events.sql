-- S05 本月逐笔 | finance.commission_earning_events, finance.commission_credits, core.fct_orders, core.fct_payments, core.dim_customers | key event_id, component_id
select
    events.event_id,
    events.component_id,
    credits.event_date,
    orders.order_no,
    customers.name as customer_name,
    payments.amount_base as paid,
    events.role,
    credits.share,
    events.base_amount,
    events.cumulative_base,
    events.amount
from finance.commission_earning_events as events
left join finance.commission_credits as credits
    on events.event_id = credits.event_id
    and events.payee_no = credits.payee_no
    and (events.plan_hash = credits.plan_hash or events.rule in ('undo', 'return'))
    and events.component_id = credits.component_id
    and events.role = credits.role
left join core.fct_orders as orders on credits.order_key = orders.order_key
left join core.fct_payments as payments on credits.payment_key = payments.payment_key
left join core.dim_customers as customers on credits.customer_key = customers.customer_key
where events.payee_no = $payee_no
    and events.month = $month
order by events.component_id, credits.event_date, events.event_id
