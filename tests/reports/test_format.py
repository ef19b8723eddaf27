"""Numbers the way a Chinese reader expects them."""

from decimal import Decimal

import pytest

from reports import format as fmt

SALES, CYCLE, RATE = fmt.MEASURES["signed_sales"], fmt.MEASURES["sales_cycle_days"], fmt.MEASURES["win_rate"]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Decimal("12345678.90"), fmt.WAN, "1,234.6"),
        (Decimal("-12345678.90"), fmt.WAN, "−1,234.6"),
        (Decimal("1234567.891"), fmt.YUAN, "1,234,567.89"),
        (Decimal("0.005"), fmt.YUAN, "0.01"),
        (Decimal("-0.001"), fmt.YUAN, "0.00"),
        (Decimal("0.1235"), fmt.PERCENT, "12.4"),
        (Decimal(0), fmt.WAN, "0.0"),
        (None, fmt.WAN, "—"),
    ],
)
def test_a_number_is_grouped_rounded_half_up_and_signed_with_a_true_minus(
    value: Decimal | None, unit: fmt.Unit, shown: str
) -> None:
    assert unit.text(value) == shown


@pytest.mark.parametrize(
    ("value", "base", "measure", "shown"),
    [
        ("110", "100", SALES, "▲10.0%（有利）"),
        ("90", "100", SALES, "▼10.0%（不利）"),
        ("110", "100", CYCLE, "▲10.0%（不利）"),
        ("90", "100", CYCLE, "▼10.0%（有利）"),
        ("0.42", "0.40", RATE, "▲2.0 pp（有利）"),
        ("0.4001", "0.40", RATE, "0.0 pp"),
        ("100", "100", SALES, "0.0%"),
        ("1200", "100", SALES, "▲>999%（有利）"),
        ("100", "0", SALES, "不适用（有利）"),
        ("100", "-5", SALES, "扭亏（有利）"),
        ("-5", "100", SALES, "转亏（不利）"),
    ],
)
def test_a_change_says_size_direction_and_whether_it_helps(value: str, base: str, measure: fmt.Measure, shown: str) -> None:
    assert fmt.change(Decimal(value), Decimal(base), measure).full == shown


def test_a_change_from_nothing_is_a_dash() -> None:
    assert fmt.change(Decimal(1), None, SALES).full == "—"


def test_a_difference_of_ratios_is_told_in_points() -> None:
    assert [fmt.points(Decimal(gap)) for gap in ("0.023", "-0.023", "0")] == ["上升 2.3 个百分点", "下降 2.3 个百分点", "持平"]


def test_quarters_months_and_runs_have_their_names() -> None:
    assert (
        fmt.quarter_title("2026-Q3"),
        fmt.quarter_months("2026-Q1"),
        fmt.quarter_run("2026-Q2", 3),
        fmt.quarter_end("2026-Q4").isoformat(),
    ) == (
        "2026年第三季度",
        ["2026-01", "2026-02", "2026-03"],
        ["2025-Q4", "2026-Q1", "2026-Q2"],
        "2026-12-31",
    )


def test_one_unit_is_picked_for_a_table() -> None:
    assert [fmt.money_unit([Decimal(value), None]).name for value in (99_999, -100_000, 1_000_000_000)] == ["元", "万元", "亿元"]
