"""Metrics of all eight quarters against what the demo company's world knows to be true: whole tables of both sides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dbt_project.build import build_warehouse, reading
from tests.dbt_project.demo import land_demo

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def whole_story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tenth of the demo company on the last day of its story: the warehouse, and the folder of truths."""
    home = tmp_path_factory.mktemp("whole_story")
    land_demo(home, date(2026, 12, 31), scale=0.1)
    return build_warehouse(home), home / "world" / "truth"


def differing(story: tuple[Path, Path], truth: str, ours: str, keys: str, figures: str) -> Rows:
    """Rows that only one side has, or that differ; `truth` and `ours` are queries with the same columns."""
    warehouse, truths = story
    with reading(warehouse) as connection:
        one = f"select {keys}, {figures} from ({truth.replace('$', str(truths))})"
        other = f"select {keys}, {figures} from ({ours})"
        assert connection.execute(f"select count(*) from ({one})").fetchone() > (3,)
        both_ways = f"(({one}) except all ({other})) union all (({other}) except all ({one})) order by all"
        return connection.execute(both_ways).fetchall()


def monthly(metric_id: str, columns: str, scope_type: str = "department", where: str = "true") -> str:
    """A metric by month as the marts have it, months without anything left out."""
    return f"""
        select period as month, scope_id as department_id, {columns} from management.kpi
        where metric_id = '{metric_id}' and period_type = 'month' and scope_type = '{scope_type}' and org_view = 'as_of_event'
            and ({where})
    """


def csv(name: str, columns: str, where: str = "true") -> str:
    """A truth as typed columns."""
    return f"select {columns} from read_csv('$/{name}.csv', all_varchar = true) where {where}"


def test_visits(whole_story: tuple[Path, Path]) -> None:
    for metric_id, column in (("visits", "visits"), ("valid_visits", "valid_visits")):
        truth = csv("visits", f"month, department_id, cast({column} as decimal(38, 6)) as value", f"{column} <> '0'")
        ours = monthly(metric_id, "value", where="value <> 0")
        assert differing(whole_story, truth, ours, "month, department_id", "value") == []


def test_sales_cycles(whole_story: tuple[Path, Path]) -> None:
    truth = csv(
        "cycles",
        "month, department_id, cast(won as decimal(38, 6)) as denominator, cast(days as decimal(38, 6)) as numerator, "
        "cast(median_days as decimal(38, 6)) as value",
    )
    ours = monthly("sales_cycle_days", "numerator, denominator, value", where="denominator <> 0")
    assert differing(whole_story, truth, ours, "month, department_id", "numerator, denominator, value") == []


def test_customers_lost_and_won_back(whole_story: tuple[Path, Path]) -> None:
    for metric_id, column in (("lost_customers", "lost_on"), ("won_back_customers", "won_back_on")):
        truth = f"""
            select substr({column}, 1, 7) as month, cast(count(*) as decimal(38, 6)) as value
            from read_csv('$/lost_customers.csv', all_varchar = true) where {column} is not null group by all
        """
        assert differing(whole_story, truth, monthly(metric_id, "value", "company", "value <> 0"), "month", "value") == []


def test_customers_and_revenue_kept(whole_story: tuple[Path, Path]) -> None:
    for metric_id, numerator, denominator in (
        ("retention_rate", "kept", "before"),
        ("revenue_retention_net", "after_amount", "before_amount"),
        ("revenue_retention_gross", "kept_amount", "before_amount"),
    ):
        truth = csv(
            "retention",
            f"month, cast({numerator} as decimal(38, 6)) as numerator, cast({denominator} as decimal(38, 6)) as denominator",
        )
        ours = monthly(metric_id, "numerator, denominator", "company", "value is not null")
        assert differing(whole_story, truth, ours, "month", "numerator, denominator") == []


def test_new_customers(whole_story: tuple[Path, Path]) -> None:
    truth = csv(
        "monthly_new_customers", "month, cast(new_customers as decimal(38, 6)) as value",
        "known_at = '2027-01-01T02:00:00+08:00' and new_customers <> '0'",
    )
    assert differing(whole_story, truth, monthly("new_customers", "value", "company", "value <> 0"), "month", "value") == []


def test_satisfaction(whole_story: tuple[Path, Path]) -> None:
    truth = """
        select wave, cast(sum(cast(sent as integer)) as bigint) as sent,
            cast(sum(cast(answered_in_wave as integer)) as bigint) as answered_in_wave,
            cast(sum(cast(answers as integer)) as bigint) as answers, cast(sum(cast(top_two as integer)) as bigint) as top_two
        from read_csv('$/satisfaction.csv', all_varchar = true) group by wave
    """
    ours = "select * from management.satisfaction where scope_type = 'company' and channel = 'all'"
    assert differing(whole_story, truth, ours, "wave", "sent, answered_in_wave, answers, top_two") == []
    zoho = csv(
        "satisfaction",
        "wave, cast(sent as bigint) as sent, cast(answers as bigint) as answers, cast(top_two as bigint) as top_two",
        "crm = 'zoho'",
    )
    ours = "select * from management.satisfaction where scope_id = 'D2'"
    assert differing(whole_story, zoho, ours, "wave", "sent, answers, top_two") == []
