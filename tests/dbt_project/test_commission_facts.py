"""Commission events tell each way in which an order moves, once, on its own day, to the cent and beyond."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_project.build import build_warehouse, rows
from tests.dbt_project.commission_facts import commission_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("commission_facts")
    commission_facts().write(home / "lake", home / "build")
    return build_warehouse(
        home, "--select", "+commission_events", "+commission_figures", "--exclude-resource-type", "unit_test", "test"
    )


def told(facts: Path, order_no: str, what: str, event_type: str, grain: str = "any") -> list[tuple[Any, ...]]:
    """Columns of the events of one order, in order of day and product; numbers as plain text."""
    found = rows(
        facts,
        f"select {what} from core.commission_events as events join core.fct_orders as orders on transaction_id = order_key "
        f"where order_no = '{order_no}' and event_type = '{event_type}' and grain = '{grain}' "
        "order by event_date, product_code, amount_ex_tax",
    )
    return [tuple(f"{cell.normalize():f}" if isinstance(cell, Decimal) else cell for cell in row) for row in found]


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def test_an_amended_order_earns_its_change_on_the_day_it_changed(facts: Path) -> None:
    what = "event_date, amount_ex_tax, original_event_id is null, owner_at_signature, owner_at_event"
    assert told(facts, "doubled", what, "signed") == [
        (day("03-01"), "1000", True, "E1", "E1"),
        (day("06-10"), "1000", True, "E1", "E2"),
    ]


def test_a_cancelled_order_takes_back_what_it_earned(facts: Path) -> None:
    what = "event_date, amount_ex_tax, amount_incl_tax, original_event_id = transaction_id"
    assert told(facts, "cancelled", what, "signed") == [
        (day("03-05"), "1000", "1130", None),
        (day("06-12"), "-1000", "-1130", True),
    ]


def test_a_return_is_negative_on_its_own_day_and_classes_are_as_of_signature(facts: Path) -> None:
    what = "event_date, events.order_date, amount_ex_tax, customer_class, event_id = transaction_id"
    assert told(facts, "returned", what, "signed") == [
        (date(2024, 1, 10), date(2024, 1, 10), "1000", "new", True),
        (day("04-02"), day("04-02"), "-300", "new", False),
    ]
    assert told(facts, "doubled", "distinct customer_class", "signed")[:1] == [("reactivated",)]


def test_first_seen_is_the_first_pull_unless_that_brought_everything(facts: Path) -> None:
    assert told(facts, "cancelled", "first_seen_on", "signed")[0] == (day("03-05"),)
    assert told(facts, "backdated", "event_date, first_seen_on", "signed") == [(day("05-01"), day("06-16"))]


def test_cash_is_told_by_the_instalment_it_pays_and_a_refund_by_the_payment_it_takes_back(facts: Path) -> None:
    what = "event_date, amount_incl_tax, days_past_due, amount_ex_tax, transaction_total, original_event_id like '%:1'"
    assert told(facts, "billed", what, "cash_applied") == [
        (day("05-11"), "43500", "10", "38495.5752212389", "100000", None),
        (day("05-11"), "56500", "40", "50000", "100000", None),
        (day("05-20"), "-43500", "0", "-38495.5752212389", "100000", True),
    ]
    loose = rows(
        facts,
        "select is_applied, transaction_id, amount_ex_tax, amount_incl_tax from core.commission_events where not is_applied",
    )
    assert loose == [(False, None, 0, 500)]


def test_a_red_letter_is_negative_on_its_own_day(facts: Path) -> None:
    what = "event_date, amount_ex_tax, amount_incl_tax, original_event_id is not null, first_seen_on"
    assert told(facts, "billed", what, "invoiced") == [
        (day("03-02"), "100000", "113000", False, None),
        (day("06-01"), "-10000", "-11300", True, day("06-01")),
    ]


def test_deliveries_earn_by_line_with_the_cost_of_their_day(facts: Path) -> None:
    what = "event_date, product_code, variant, quantity, amount_ex_tax, gross_margin"
    assert told(facts, "delivered", what, "delivered", "line") == [
        (day("04-10"), "P0", "P1", "4", "240", "80"),
        (day("05-10"), "P0", "P1", "6", "360", "90"),
        (day("05-10"), "P2", None, "5", "400", "150"),
    ]
    assert told(facts, "delivered", "event_date, amount_ex_tax, gross_margin", "delivered", "whole") == [
        (day("04-10"), "240", "80"),
        (day("05-10"), "360", "90"),
        (day("05-10"), "400", "150"),
    ]
    what = "product_code, product_line, category, amount_ex_tax, gross_margin, discount_rate, margin_rate, tags, customer_tier"
    assert told(facts, "delivered", what, "signed", "line") == [
        ("P0", "液压", None, "600", "170", "0.25", "0.283333", "内部|样品", "A"),
        ("P2", "密封", "圈", "400", "150", "0.2", "0.375", "内部", "A"),
    ]
    assert told(facts, "delivered", "product_line, quantity, gross_margin, tags", "signed", "whole") == [
        (None, "15", "320", "内部")
    ]


def test_monthly_revenue_is_the_amount_over_the_months_of_the_day_of_the_order_and_moves_in_proportion(facts: Path) -> None:
    signed = [("P0", "50"), ("P2", "0")]
    assert told(facts, "delivered", "product_code, mrr", "signed", "line") == signed
    assert told(facts, "delivered", "mrr", "signed", "whole") == [("50",)]
    assert told(facts, "delivered", "product_code, mrr", "delivered", "line") == [("P0", "20"), ("P0", "30"), ("P2", "0")]
    assert told(facts, "billed", "distinct mrr", "cash_applied") == [("0",)]


def test_figures_of_payees_count_what_events_tell(facts: Path) -> None:
    found = rows(
        facts,
        "select period, name, value from core.commission_figures where payee_no = 'E3' and period in ('2026-05', '2026-Q2')",
    )
    assert {(period, name): f"{value.normalize():f}" for period, name, value in found} == {
        ("2026-05", "collected_ex_tax"): "50000",
        ("2026-05", "overdue_ratio"): "1",
        ("2026-05", "overdue"): "1",
        ("2026-Q2", "collected_ex_tax"): "50000",
        ("2026-Q2", "signed_ex_tax"): "1000",
        ("2026-Q2", "gross_margin"): "320",
    }
