-- What both sides agree on before anything is computed: the company's own words, the rate of a day, the business day of a moment.
create macro today() as (select as_of from published.core.clocks);

create macro in_force(first_day, last_day) as
    cast(first_day as date) <= today() and (last_day is null or today() <= cast(last_day as date));

create table statuses as
with own as (select crm, object, status, is_counted from company.document_statuses where in_force(valid_from, valid_to)),

usual as (
    select crm, unnest(if(object = 'any', ['orders', 'invoices'], [object])) as object, status, is_counted
    from read_csv('{seeds}/document_statuses.csv', types = {'status': 'varchar'})
)

from own union all by name from usual anti join own using (crm, object, status);

create table methods as
with own as (
    select source, code, method, is_cash, is_drawdown from company.payment_methods where in_force(valid_from, valid_to)
)

from own union all by name
select source, code, method, is_cash, is_drawdown
from read_csv('{seeds}/payment_methods.csv', types = {'code': 'varchar'}) anti join own using (source, code);

create table stages as
with own as (
    select crm, stage, ends_as as status from company.stages
    where in_force(valid_from, valid_to) and ends_as is not null and object = if(crm = 'fxiaoke', 'sales_status', 'opportunities')
),

of_crm as (select 'zoho' as crm, stage, lower(replace(outcome, 'Closed ', '')) as status from zoho.stages anti join own on
    own.crm = 'zoho' and own.stage = stages.stage)

from own union all by name from of_crm union all by name
select crm, stage, ends_as as status from read_csv('{seeds}/usual_stages.csv', types = {'stage': 'varchar'}) as usual
where ends_as is not null and not exists (from (from own union all by name from of_crm) as said where said.crm = usual.crm and said.stage = usual.stage);

create macro local_day(moment) as cast(timezone((select time_zone from published.core.clocks), timezone('UTC', moment)) as date);

create macro month_of(day) as strftime(day, '%Y-%m');

-- A fiscal quarter bears the name of the calendar year in which its fiscal year begins.
create macro quarter_of(day) as (
    select year(begun) || '-Q' || quarter(begun)
    from (select day - to_months(fiscal_year_start_month - 1) as begun from published.core.clocks)
);

create table rates as
select currency_code, cast(rate_date as date) as rate_date, cast(min_by(rate, rate_type) as decimal(12, 6)) as rate
from company.fx_rates where rate_type <> 'budget'
group by all;

create macro vat(day) as coalesce((
    select max(rate) from company.tax_rates
    where tax_code = 'vat' and cast(valid_from as date) <= day and (valid_to is null or day <= cast(valid_to as date))
), 0);

-- Orders of both CRMs that count, with their amounts in their own currency and in ours.
create table orders as
with written as (
    select
        'fxiaoke' as crm, key as order_id, order_no, coalesce(cast(order_date as date), local_day(created_at)) as order_date,
        coalesce(life_status, 'normal') as status, currency_code, cast(order_amount as decimal(18, 4)) as header,
        cast(null as decimal(18, 4)) as net, cast(0 as decimal(18, 4)) as freight, cast(exchange_rate as decimal(18, 6)) as crm_rate
    from fxiaoke.orders
    union all
    select
        'zoho', key, order_no, coalesce(cast(order_date as date), local_day(created_at)), status, currency_code,
        cast(grand_total as decimal(18, 4)), cast(sub_total - coalesce(discount, 0) as decimal(18, 4)),
        cast(coalesce(adjustment, 0) as decimal(18, 4)), cast(round(1 / cast(exchange_rate as double), 6) as decimal(18, 6))
    from zoho.orders
),

counted as (
    select written.*, crm.orders as means, vat(written.order_date) as vat,
        coalesce((select bool_and(is_counted) from statuses where statuses.crm = written.crm
            and object = 'orders' and statuses.status = written.status), true) as is_counted
    from written inner join crm on written.crm = crm.name
    where written.order_date <= today()
),

priced as (
    select
        counted.*,
        case when coalesce(currency_code, 'CNY') = (select currency_code from published.core.clocks) then 1
            else coalesce((select arg_max(rate, rate_date) from rates
                where rates.currency_code = counted.currency_code and rate_date <= order_date), crm_rate) end as fx,
        case
            when net is not null and means = 'ex_tax' then net
            when means = 'ex_tax' then header
            else cast(round(cast(coalesce(net, header) as double) / (1 + vat), 4) as decimal(18, 4))
        end as net_amount
    from counted
)

select crm, order_id, order_no, order_date, is_counted, currency_code, fx, net_amount,
    case when net is null and means = 'ex_tax' then round(header * (1 + vat), 4) else header end as gross_amount,
    round(net_amount * fx, 4) as net_base
from priced;

-- What an order was worth at the end of each day on which it changed; what is being changed still stands as it did.
create table order_days as
with versions as (
    select
        'fxiaoke' as crm, key, modified_at, pulled_at, is_deleted, record_hash, coalesce(life_status, 'normal') as status,
        cast(order_amount as decimal(18, 4)) as header
    from fxiaoke.orders_log
    union all
    select
        'zoho', key, modified_at, pulled_at, is_deleted, record_hash, status,
        cast(coalesce(grand_total, sub_total - coalesce(discount, 0) + coalesce(tax, 0) + coalesce(adjustment, 0)) as decimal(18, 4))
    from zoho.orders_log
),

told as (
    select
        versions.*, local_day(coalesce(modified_at, pulled_at)) as day,
        not is_deleted and coalesce((select bool_and(is_counted) from statuses where statuses.crm = versions.crm
            and object = 'orders' and statuses.status = versions.status), true) as is_counted,
        row_number() over (partition by crm, key order by modified_at nulls first, pulled_at, is_deleted, record_hash) as place
    from versions
)

select crm, key as order_id, day, arg_max(coalesce(header, 0), place) as header, arg_max(is_counted, place) as is_counted
from told
where place = 1 or not (crm = 'fxiaoke' and status = 'in_change')
group by all;

-- An order counts on its date at what it was worth when it first counted; each later day carries what changed on it.
create table signed as
with firsts as (
    select
        orders.crm, orders.order_id, orders.order_date, orders.net_base, arg_max(days.header, days.day) as header_now,
        greatest(orders.order_date, min(days.day) filter (days.is_counted)) as counts_from
    from orders inner join order_days as days on orders.crm = days.crm and orders.order_id = days.order_id
    group by orders.crm, orders.order_id, orders.order_date, orders.net_base
    having count(*) filter (days.is_counted) > 0
),

worth as (
    select
        firsts.crm, firsts.order_id, firsts.order_date, firsts.net_base, firsts.header_now,
        greatest(days.day, firsts.counts_from) as from_day,
        arg_max(days.is_counted, days.day) as is_counted, arg_max(days.header, days.day) as header
    from firsts inner join order_days as days on firsts.crm = days.crm and firsts.order_id = days.order_id
    group by firsts.crm, firsts.order_id, firsts.order_date, firsts.net_base, firsts.header_now, from_day
),

valued as (
    select
        worth.*, cast(is_counted as integer) as orders,
        case
            when not is_counted then 0
            when header = header_now then net_base
            else coalesce(cast(round(cast(net_base as double) * cast(header as double) / nullif(cast(header_now as double), 0), 4)
                as decimal(18, 4)), 0)
        end as amount
    from worth
)

select
    crm, order_id,
    case when lag(from_day) over of_order is null then order_date else least(from_day, today()) end as moved_on,
    orders - coalesce(lag(orders) over of_order, 0) as orders,
    amount - coalesce(lag(amount) over of_order, 0) as amount
from valued
window of_order as (partition by crm, order_id order by from_day);

-- Deals as they stand, those that closed with their day.
create table deals as
select written.crm, stages.status, coalesce(written.changed, written.closes) as closed
from (
    select
        'fxiaoke' as crm, sales_status as stage, local_day(stage_changed_at) as changed, cast(close_date as date) as closes,
        local_day(created_at) as created
    from fxiaoke.opportunities where coalesce(life_status, 'normal') in ('normal', 'in_change')
    union all
    select 'zoho', stage, local_day(stage_changed_at), cast(close_date as date), local_day(created_at) from zoho.opportunities
) as written
inner join stages on written.crm = stages.crm and written.stage = stages.stage
where coalesce(written.changed, written.closes) <= today() and coalesce(written.created, today()) <= today();

-- Cash that settles an order or an invoice.
create table applied as
select
    'fxiaoke' as crm, cast(coalesce(lines.payment_date, payments.payment_date) as date) as paid_on, coalesce(lines.payment_term, payments.payment_term) as code,
    'fxiaoke' as source, orders.order_id, cast(null as varchar) as invoice_no, orders.fx,
    cast(lines.payment_amount as decimal(18, 4)) as amount
from fxiaoke.payment_lines as lines
left join fxiaoke.payments as payments on lines.payment_id = payments.key
inner join orders on orders.crm = 'fxiaoke' and orders.is_counted and lines.order_id = orders.order_id
inner join crm on crm.name = 'fxiaoke' and crm.cash = 'crm_payments'
where coalesce(lines.life_status, 'normal') in ('normal', 'in_change')
    and coalesce(payments.life_status, 'normal') in ('normal', 'in_change')
    and cast(coalesce(lines.payment_date, payments.payment_date) as date) <= today()
union all
select
    'fxiaoke', coalesce(cast(refunds.refund_date as date), local_day(refunds.created_at)), 'refund', 'fxiaoke', orders.order_id,
    cast(null as varchar), orders.fx, cast(-refunds.refund_amount as decimal(18, 4))
from fxiaoke.refunds as refunds
inner join orders on orders.crm = 'fxiaoke' and orders.is_counted and refunds.order_id = orders.order_id
inner join crm on crm.name = 'fxiaoke' and crm.cash = 'crm_payments'
where coalesce(refunds.life_status, 'normal') in ('normal', 'in_change')
    and coalesce(cast(refunds.refund_date as date), local_day(refunds.created_at)) <= today()
union all
select
    receipts.crm, cast(receipts.bank_value_date as date), receipts.method, 'company', orders.order_id, parts.invoice_no,
    coalesce(orders.fx, 1), cast(parts.amount as decimal(18, 4))
from company.cash_allocations as parts
inner join company.cash_receipts as receipts on parts.receipt_id = receipts.receipt_id
inner join crm on receipts.crm = crm.name and crm.cash = 'cash_receipts'
left join orders on receipts.crm = orders.crm and parts.order_no = orders.order_no and orders.is_counted
where greatest(cast(receipts.bank_value_date as date), cast(parts.allocated_on as date)) <= today()
    and (orders.order_id is not null or parts.invoice_no is not null);
