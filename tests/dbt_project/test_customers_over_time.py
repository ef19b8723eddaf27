"""What customers cost, how they pay, when they are lost, and what was seen on the way, as worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.dbt_project.build import rows

D = Decimal


def test_a_group_is_one_active_customer_while_it_is_one(worked: Path) -> None:
    query = """
        select period, metric_id, value from management.kpi
        where metric_id in ('active_customers_90', 'new_customers') and period in ('2023-11', '2023-12')
            and scope_type = 'company' and org_view = 'as_of_event' order by all
    """
    assert rows(worked, query) == [
        ("2023-11", "active_customers_90", D(2)),
        ("2023-11", "new_customers", D(3)),
        ("2023-12", "active_customers_90", D(3)),
        ("2023-12", "new_customers", D(0)),
    ]


def test_who_is_under_contract_is_lost_when_it_runs_out(worked: Path) -> None:
    """fa9 after its grace though silent for long, fa10 only at the end of its renewal, fa11 bought on and is lost by silence."""
    query = """
        select metric_id, period, scope_id, numerator, denominator from management.kpi
        where metric_id in ('lost_customers', 'won_back_customers', 'win_back_rate') and period_type = 'month'
            and scope_type = 'rep' and org_view = 'as_of_event'
            and period between '2022-06' and '2024-04' and coalesce(denominator, numerator) <> 0
        order by all
    """
    assert rows(worked, query) == [
        ("lost_customers", "2023-01", "E4", D(1), None),
        ("lost_customers", "2023-02", "E3", D(1), None),
        ("lost_customers", "2023-07", "E4", D(1), None),
        ("win_back_rate", "2023-01", "E4", D(1), D(1)),
        ("win_back_rate", "2023-02", "E3", D(0), D(1)),
        ("win_back_rate", "2023-07", "E4", D(1), D(1)),
        ("won_back_customers", "2023-03", "E3", D(1), None),
        ("won_back_customers", "2024-01", "E4", D(1), None),
    ]


def test_a_new_customer_costs_what_was_spent_a_sales_cycle_before(worked: Path) -> None:
    query = """
        select metric_id, period, numerator, denominator, value from management.kpi
        where metric_id like 'acquisition_cost%' and period between '2021-04' and '2021-06' and scope_type = 'company'
            and period_type = 'month' and org_view = 'as_of_event' order by all
    """
    assert rows(worked, query) == [
        ("acquisition_cost", "2021-04", D(0), D(0), None),
        ("acquisition_cost", "2021-05", D(4000), D(2), D(2000)),
        ("acquisition_cost", "2021-06", D(7), D(0), None),
        ("acquisition_cost_paid", "2021-04", D(0), D(0), None),
        ("acquisition_cost_paid", "2021-05", D(400), D(1), D(400)),
        ("acquisition_cost_paid", "2021-06", D(7), D(0), None),
    ]


def test_how_customers_paid_against_what_was_agreed(worked: Path) -> None:
    query = """
        select metric_id, period, numerator, denominator, value from management.kpi
        where metric_id in ('payment_days_drift', 'settlement_drift_rate') and scope_id = 'E3'
            and period_type in ('month', 'year') and org_view = 'as_of_event' and denominator <> 0 and period < '2021'
        order by all
    """
    assert rows(worked, query) == [
        ("payment_days_drift", "2020", D(22800), D(1500), D("15.2")),
        ("payment_days_drift", "2020-03", D(-4000), D(400), D(-10)),
        ("payment_days_drift", "2020-05", D(24000), D(600), D(40)),
        ("payment_days_drift", "2020-06", D(2800), D(500), D("5.6")),
        ("settlement_drift_rate", "2020", D(800), D(1500), D("0.533333")),
        ("settlement_drift_rate", "2020-03", D(0), D(400), D(0)),
        ("settlement_drift_rate", "2020-05", D(600), D(600), D(1)),
        ("settlement_drift_rate", "2020-06", D(200), D(500), D("0.4")),
    ]


def test_prices_are_compared_next_door(worked: Path) -> None:
    query = """
        select metric_id, scope_id, numerator, denominator from management.kpi
        where metric_id in ('price_dispersion', 'regional_price_index') and period = '2019-06' and org_view = 'as_of_event'
            and denominator <> 0 order by all
    """
    assert rows(worked, query) == [
        ("price_dispersion", "P1", D(200), D(2100)),
        ("price_dispersion", "company", D(200), D(2100)),
        ("price_dispersion", "液压", D(200), D(2100)),
        ("regional_price_index", "华东", D(1000), D("1133.3333")),
        ("regional_price_index", "华北", D(1100), D("1133.3333")),
        ("regional_price_index", "西南", D(1300), D("1133.3333")),
    ]


def test_gates_are_told_by_the_stage_that_was_left(worked: Path) -> None:
    query = """
        select metric_id, scope_id, numerator, denominator from management.kpi
        where metric_id in ('gate_compliance', 'skipped_stage_rate') and period = '2018-04' and org_view = 'as_of_event'
            and scope_type in ('stage', 'company') and denominator <> 0 order by all
    """
    assert rows(worked, query) == [
        ("gate_compliance", "company", D(1), D(3)),
        ("gate_compliance", "初步接洽", D(1), D(1)),
        ("gate_compliance", "商务谈判", D(0), D(2)),
        ("skipped_stage_rate", "company", D(1), D(4)),
        ("skipped_stage_rate", "初步接洽", D(1), D(1)),
        ("skipped_stage_rate", "商务谈判", D(0), D(2)),
        ("skipped_stage_rate", "方案报价", D(0), D(1)),
    ]


def test_what_was_seen_of_rivals_and_what_was_made_of_it(worked: Path) -> None:
    query = """
        select metric_id, scope_id, numerator, denominator from management.kpi
        where metric_id in ('market_observations', 'market_observations_used', 'competitor_price_gap') and period = '2021-Q3'
            and org_view = 'as_of_event' and scope_type in ('rep', 'competitor') and numerator <> 0 order by all
    """
    assert rows(worked, query) == [
        ("competitor_price_gap", "乙竞品", D(-25), D(245)),
        ("competitor_price_gap", "甲竞品", D(21), D(199)),
        ("market_observations", "E3", D(2), None),
        ("market_observations_used", "E3", D(1), D(2)),
    ]


def test_a_customers_month_counts_what_it_complained_of(worked: Path) -> None:
    query = """
        select month, month_cases from management.customer_months inner join core.dim_customers using (customer_key)
        where name = '获客样例fa12公司' and month_cases > 0
    """
    assert rows(worked, query) == [(date(2021, 6, 1), 1)]
