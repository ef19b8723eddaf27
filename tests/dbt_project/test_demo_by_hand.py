"""Whole tables of the demo company once more, from what its world knows or from the facts, in SQL of their own.

What to add here: a table of which only sums or samples were compared: mistakes in it were made on purpose and nothing noticed.
What belongs elsewhere: metrics that the world plants (`test_demo_metrics.py`), figures from the lake (`pipelines/reconcile`).
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pytest

from identity.codes import is_valid_code
from tests.dbt_project.build import reading, rows

KNOWN_AT = "2027-01-01T02:00:00+08:00"
QUARTER = "year({0}) || '-Q' || quarter({0})"
Z = 1.959963984540054


def test_what_each_cohort_did_in_every_quarter(demo: tuple[Path, Path]) -> None:
    """From the world's own events: who came back, who bought on two days, what was left of the first quarter's sales."""
    warehouse, truths = demo
    expected = f"""
        with events as (
            select kind, customer, date::date as day, amount::decimal(18, 4) as amount
            from read_csv('{truths}/events.csv', all_varchar = true)
            where kind in ('order', 'return') and known_from::timestamptz < '{KNOWN_AT}'
                and (known_until is null or known_until::timestamptz >= '{KNOWN_AT}')
        ),
        firsts as (select customer, min(day) as first_day from events where kind = 'order' group by customer),
        done as (
            select
                {QUARTER.format("first_day")} as cohort, {QUARTER.format("day")} as period, customer,
                count(distinct day) filter (kind = 'order') as days, sum(amount) as amount
            from events inner join firsts using (customer) group by all
        ),
        sizes as (select {QUARTER.format("first_day")} as cohort, count(*) as customers from firsts group by all),
        summed as (
            select
                cohort, period, count(*) filter (days > 0) as active, count(*) filter (days > 1) as repeated,
                sum(amount) as amount
            from done group by all
        )
        select
            summed.cohort, summed.period, sizes.customers, summed.active, summed.repeated, summed.amount,
            founding.amount as founding,
            round(summed.active / sizes.customers, 6), round(summed.repeated / nullif(summed.active, 0), 6)
        from summed inner join sizes using (cohort)
        inner join summed as founding on summed.cohort = founding.cohort and founding.cohort = founding.period
        where summed.period >= '2025'
    """
    ours = """
        select
            cohort, period, customers, active_customers, repeat_customers, signed_sales_base, first_signed_sales_base,
            retention_rate::double, repurchase_rate::double
        from management.customer_cohorts where period >= '2025' and (active_customers > 0 or signed_sales_base <> 0)
    """
    with reading(warehouse) as connection:
        # before 2025 there is no rate of exchange, so cohorts of then have amounts that cannot be compared
        columns = "* exclude (amount, founding)"
        assert connection.execute(f"select count(*) > 20 from ({expected})").fetchone() == (True,)
        for chosen, where in ((columns, "true"), ("*", "cohort >= '2025'")):
            one = f"select {chosen} from ({expected}) where {where}"
            other = ours if chosen == "*" else ours.replace("signed_sales_base, first_signed_sales_base,", "")
            other = f"select * from ({other}) where {where}"
            apart = f"({one} except all {other}) union all ({other} except all {one}) order by all"
            assert connection.execute(apart).fetchall() == []
        grid = connection.execute("""
            select max(quarters_since), count(*), count(distinct cohort), count(distinct period) from management.customer_cohorts
        """).fetchone()
    assert (grid[1], grid[2]) == (grid[2] * (grid[2] + 1) // 2, grid[3])


def test_every_step_of_the_bridge_from_target_to_actual(demo: tuple[Path, Path]) -> None:
    """Volume, mix and price over all lines that were planned by quantity, at the rates of the budget."""
    expected = """
        with lines as (
            select
                year(order_date) || '-Q' || quarter(order_date) as period, coalesce(product_line, 'unassigned') as line,
                lines.quantity, lines.net_amount_base as paid,
                coalesce((
                    select round(lines.net_amount * arg_max(rate, rate_date), 4) from staging.stg_company__fx_rates as rates
                    where rate_type = 'budget' and rates.currency_code = orders.currency_code and rate_date <= order_date
                ), lines.net_amount_base) as planned_rate
            from core.fct_order_lines as lines inner join core.fct_orders as orders using (order_key) where is_counted
        ),
        sold as (
            select
                period, line, sum(quantity)::double as pieces, sum(planned_rate)::double as amount, sum(paid - planned_rate) as fx
            from lines group by all
        ),
        planned as (
            select year(period_start) || '-Q' || quarter(period_start) as period, scope_id as line, amount::double as amount,
                quantity::double as pieces
            from intermediate.int_targets
            where metric_id = 'signed_sales' and scope_type = 'product_line' and period_type = 'quarter' and quantity <> 0
        ),
        summed as (
            select period, sum(planned.amount) as plan, sum(planned.pieces) as plan_pieces, sum(sold.pieces) as pieces,
                sum(sold.amount) as amount, sum(planned.amount / planned.pieces * sold.pieces) as standard
            from planned inner join sold using (period, line) group by all
        )
        select
            period, plan / plan_pieces * (pieces - plan_pieces) as volume, amount - standard as price,
            standard - plan - plan / plan_pieces * (pieces - plan_pieces) as mix,
            (select -sum(net_amount_base) from core.fct_returns
                where year(return_date) || '-Q' || quarter(return_date) = period) as returns,
            (select sum(fx) from sold where sold.period = summed.period) as fx,
            (select value from management.kpi where metric_id = 'signed_sales' and kpi.period = summed.period
                and scope_type = 'company' and org_view = 'as_of_event') as actual,
            (select amount from intermediate.int_targets where metric_id = 'signed_sales' and scope_type = 'company'
                and period_type = 'quarter' and year(period_start) || '-Q' || quarter(period_start) = period) as target
        from summed
    """
    with reading(demo[0]) as connection:
        columns = "columns(* exclude (period)) into name component value amount"
        bars = connection.execute(f"unpivot ({expected}) on {columns}").fetchall()
        published = {
            (period, component): amount
            for period, component, amount in connection.execute(
                "select period, component, amount from management.sales_bridge where period_type = 'quarter'"
            ).fetchall()
        }
    assert len(bars) >= 8 * 6
    apart = {
        (period, name): (amount, published[period, name])
        for period, name, amount in bars
        if abs(float(amount) - float(published[period, name])) > 0.01
    }
    assert apart == {}


def test_a_bridge_has_the_figures_that_departments_share_and_no_others(demo: tuple[Path, Path]) -> None:
    kinds = """
        select distinct metrics.kind from management.department_bridge inner join management.metrics using (metric_id) order by 1
    """
    assert rows(demo[0], kinds) == [("distinct",), ("sum",)]


@pytest.mark.parametrize("scope", ["company", "D2"])
def test_satisfaction_s_interval_and_its_weight_by_revenue(demo: tuple[Path, Path], scope: str) -> None:
    """A customer's answer weighs what it bought in the 365 days up to it."""
    warehouse, truths = demo
    lake = truths.parents[1] / "lake"
    weighed = f"""
        with answers as (
            select answered_on::date as day, score, customer_key
            from read_parquet('{lake}/raw_company/survey_responses/*.parquet')
            inner join (select customer_key, unnest(string_split(merged_from, ',')) as account from core.dim_customers)
                on account = crm || ':' || account_id
            where method = 'questionnaire' and score is not null and answered_on <= date '2026-12-31'
                and ('{scope}' = 'company' or crm = 'zoho')
        ),
        weights as (
            select {QUARTER.format("day")} as wave, score, coalesce((
                select sum(greatest(net_amount_base, 0)) from core.fct_orders as orders
                where orders.customer_key = answers.customer_key and is_counted
                    and order_date <= day and date_diff('day', order_date, day) < 365
            ), 0) as weight
            from answers
        )
        select wave, round(sum(weight) filter (score >= 4) / nullif(sum(weight), 0), 6)::double
        from weights group by wave order by wave
    """
    published = rows(
        warehouse,
        f"""
        select wave, answers, top_two, wilson_low, wilson_high, share_by_revenue::double, target, verdict
        from management.satisfaction where scope_id = '{scope}' and channel = 'all' and answers > 0 order by wave
    """,
    )
    assert [(row[0], row[5]) for row in published] == rows(warehouse, weighed)
    for _, answers, top_two, low, high, _, target, verdict in published:
        share, z2 = top_two / answers, Z * Z
        middle, half = share + z2 / (2 * answers), Z * sqrt(share * (1 - share) / answers + z2 / (4 * answers * answers))
        ends = [(middle - half) / (1 + z2 / answers), (middle + half) / (1 + z2 / answers)]
        assert [float(low), float(high)] == pytest.approx(ends, abs=0.000001)
        if target is not None:
            claim = "met" if low >= target else "not_met" if high < target else "undecided"
            assert verdict == ("too_few" if answers < 30 else claim)


def test_what_a_tier_rests_on_and_from_when_it_holds(demo: tuple[Path, Path]) -> None:
    warehouse, _ = demo
    potential = """
        select customer_key, month from management.customer_months
        where potential_base <> pipeline_base
            + case when wallet_base is null then 0 else greatest(wallet_base - signed_base, 0) end
    """
    visits = """
        with visited as (
            select customer_key, date_trunc('month', visit_date)::date as month, count(*) as visits, max(visit_date) as last_on
            from core.fct_visits where is_valid group by all
        )
        select customer_key, month from management.customer_months left join visited using (customer_key, month)
        where month_valid_visits <> coalesce(visits, 0) or (visits > 0 and last_visit_on <> last_on)
    """
    begins = """
        select customer_key, valid_from from management.customer_tiers as tiers
        anti join management.customer_months as months
            on tiers.customer_key = months.customer_key and tiers.valid_from = months.assessed_on and tiers.tier = months.tier
    """
    assert [rows(warehouse, query) for query in (potential, visits, begins)] == [[], [], []]
    wallets = "select count(*) > 3 from management.customer_months where wallet_base > signed_base and signed_base > 0"
    assert rows(warehouse, wallets) == [(True,)]


def test_every_figure_stands_beside_the_period_before_and_the_same_of_last_year(demo: tuple[Path, Path]) -> None:
    """In both views of the organisation; and growth is the change over a base above nothing."""
    beside = """
        select figures.metric_id, figures.period, figures.scope_id from management.kpi as figures
        left join management.kpi as before on before.period_type = figures.period_type
            and before.period_start = figures.period_start
                - to_months(case figures.period_type when 'month' then 1 when 'quarter' then 3 else 12 end)
            and (before.metric_id, before.scope_type, before.scope_id, before.org_view)
                = (figures.metric_id, figures.scope_type, figures.scope_id, figures.org_view)
        left join management.kpi as last_year on last_year.period_type = figures.period_type
            and last_year.period_start = figures.period_start - interval 1 year
            and (last_year.metric_id, last_year.scope_type, last_year.scope_id, last_year.org_view)
                = (figures.metric_id, figures.scope_type, figures.scope_id, figures.org_view)
        where figures.previous is distinct from before.value or figures.same_period_last_year is distinct from last_year.value
    """
    both = "select count(*) filter (previous <> 0), count(*) filter (same_period_last_year <> 0) from management.kpi"
    assert rows(demo[0], beside) == []
    assert min(rows(demo[0], both)[0]) > 1000
    growth = """
        select growth.period, growth.scope_id from management.kpi as growth inner join management.kpi as sales
            on sales.metric_id = 'signed_sales' and (growth.scope_type, growth.scope_id, growth.org_view, growth.period)
                = (sales.scope_type, sales.scope_id, sales.org_view, sales.period)
        where growth.metric_id = 'sales_growth_on_year' and (sales.same_period_last_year > 0) = {}
            and abs(growth.value - (sales.value / sales.same_period_last_year - 1)) <= 0.000001 is distinct from {}
    """
    assert [rows(demo[0], growth.format(*case)) for case in (("true", "true"), ("false", "null"))] == [[], []]
    assert rows(demo[0], f"select count(*) > 100 from ({growth.format('true', 'false')})") == [(True,)]


def test_both_views_of_the_organisation(demo: tuple[Path, Path]) -> None:
    """Departments and regions as people stood on the day of the order or return, and as they stand tonight."""
    moved = """
        select strftime(day, '%Y-%m') as period, then_there.department_id, now_there.department_id as department_now,
            coalesce(then_there.region, 'unassigned') as region, coalesce(now_there.region, 'unassigned') as region_now, amount
        from (
            select order_date as day, employee_no, net_amount_base as amount from core.fct_orders where is_counted
            union all select return_date, employee_no, -net_amount_base from core.fct_returns
        ) as events
        inner join core.dim_employee_history as then_there
            on events.employee_no = then_there.employee_no and effective_from <= day and day < effective_to
        inner join core.dim_employees as now_there on events.employee_no = now_there.employee_no
    """
    for scope_type, view, column in (
        ("department", "as_of_event", "department_id"),
        ("department", "current", "department_now"),
        ("region", "as_of_event", "region"),
        ("region", "current", "region_now"),
    ):
        one = f"select period, {column} as scope, sum(amount)::decimal(38, 6) as value from ({moved}) group by all"
        other = f"""
            select period, scope_id, value from management.kpi where metric_id = 'signed_sales' and scope_type = '{scope_type}'
                and org_view = '{view}' and period_type = 'month' and scope_id <> 'unassigned'
        """
        apart = f"select * from ({one} except all {other} union all ({other} except all {one})) where value <> 0 order by all"
        known = apart.replace("where value <> 0", "where value <> 0 and scope <> 'unassigned'")
        assert rows(demo[0], known) == [], (scope_type, view)
    differs = f"select count(*) > 0 from ({moved}) where department_id <> department_now or region <> region_now"
    assert rows(demo[0], differs) == [(True,)]


def test_a_level_is_that_of_the_last_month_and_buyers_are_counted_once(demo: tuple[Path, Path]) -> None:
    levels = """
        select quarters.metric_id, quarters.period from management.kpi as quarters
        inner join management.metrics on quarters.metric_id = metrics.metric_id and timing = 'level' and of_metric is null
        inner join management.kpi as months on months.period_type = 'month' and quarters.period_type = 'quarter'
            and months.period_start = quarters.period_start + interval 2 month
            and (months.metric_id, months.scope_type, months.scope_id, months.org_view)
                = (quarters.metric_id, quarters.scope_type, quarters.scope_id, quarters.org_view)
        where quarters.value is distinct from months.value
    """
    buyers = """
        with bought as (
            select year(order_date) || '-Q' || quarter(order_date) as period, customer_key, count(distinct order_date) as days
            from core.fct_orders where is_counted and customer_key is not null group by all
        )
        select period, count(*) filter (days > 1)::decimal(38, 6), count(*)::decimal(38, 6) from bought where period >= '2025'
        group by all order by period
    """
    published = """
        select period, numerator, denominator from management.kpi
        where metric_id = 'repurchase_rate' and scope_type = 'company' and period_type = 'quarter' and org_view = 'current'
            and period >= '2025' and denominator > 0 order by period
    """
    assert rows(demo[0], levels) == []
    assert rows(demo[0], published) == rows(demo[0], buyers)


def test_what_is_owed_at_each_month_s_end_and_what_came_in_on_it(demo: tuple[Path, Path]) -> None:
    """Of each order, or invoice without one, what was billed and not taken back or paid by then; a write-off undoes no sale."""
    owed = """
        with units as (
            select coalesce(order_key, crm || ':' || invoice_no) as unit, entry_date as day, amount_base as amount,
                entry_type = 'invoice' as is_bill
            from core.fct_receivable_entries
            union all
            select coalesce(order_key, crm || ':' || invoice_no), applied_date, -amount_base, false
            from core.fct_payments where is_applied
        ),
        months as (select unnest(range(date '2025-01-01', date '2027-01-01', interval 1 month))::date as month),
        stood as (
            select month, unit, sum(amount) as amount from months inner join units on day < month + interval 1 month
            where unit in (select unit from units where is_bill) group by all
        ),
        balances as (select month, sum(greatest(amount, 0)) as amount from stood group by all)
    """
    balance = f"""
        {owed} select month from balances inner join management.kpi on period_start = month and metric_id = 'receivables_balance'
            and scope_type = 'company' and period_type = 'month' and org_view = 'current'
        where abs(value - amount) >= 0.01
    """
    rate = f"""
        {owed}
        select months.month from months
        inner join management.kpi on period_start = months.month and metric_id = 'collection_rate' and scope_type = 'company'
            and period_type = 'month' and org_view = 'current'
        left join balances on balances.month = months.month - interval 1 month
        where abs(numerator - (select sum(amount_base) from core.fct_payments
                where is_cash and is_applied and date_trunc('month', payment_date) = months.month)) >= 0.01
            or abs(denominator - coalesce(balances.amount, 0) - (select sum(amount_base) from core.fct_receivable_entries
                where entry_type = 'invoice' and date_trunc('month', entry_date) = months.month)) >= 0.01
    """
    invoiced = """
        select period from management.kpi where metric_id = 'invoiced_sales' and scope_type = 'company' and period_type = 'month'
            and org_view = 'current' and abs(value - coalesce((
                select sum(net_amount_base) from core.fct_receivable_entries
                where entry_type <> 'write_off' and date_trunc('month', entry_date) = period_start
            ), 0)) >= 0.01
    """
    assert [rows(demo[0], balance), rows(demo[0], rate), rows(demo[0], invoiced)] == [[], [], []]
    assert rows(demo[0], f"{owed} select count(*) > 20 from balances where amount > 0") == [(True,)]


@pytest.mark.parametrize("world", ["worked", "demo"])
def test_records_are_as_complete_and_their_codes_as_right_as_they_look(world: str, request: pytest.FixtureRequest) -> None:
    """Who has no owner, region or order is counted like everybody; codes are read as the resolution of customers reads them."""
    built = request.getfixturevalue(world)
    warehouse = built if world == "worked" else built[0]
    customers = rows(warehouse, "select uscc, region, industry, owner_employee_no from core.dim_customers")
    codes = [row[0] for row in customers if row[0] is not None]
    published = """
        select metric_id, numerator, denominator from management.kpi cross join core.clocks
        where metric_id in ('customer_record_completeness', 'customer_code_validity') and scope_type = 'company'
            and org_view = 'as_of_event' and period_type = 'month' and period_start = date_trunc('month', clocks.as_of) order by 1
    """
    assert rows(warehouse, published) == [
        ("customer_code_validity", sum(map(is_valid_code, codes)), len(codes)),
        ("customer_record_completeness", sum(value is not None for row in customers for value in row), 4 * len(customers)),
    ]
    assert any(None in row[1:] for row in customers)
