"""The worked examples E1 to E4 and E7 and the vectors of C11, to the cent, on the reference engine.

Add a worked case as printed, with its figures. Rules that no printed case covers are in test_engine_rules.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from commission.engine import FxRate, Milestone, Split, Wage, as_reported, as_restated, calculate, shadow_drafts
from commission.engine.money import part_payment_bases
from commission.ledger import Ledger
from tests.commission.commission_cases import (
    amounts,
    cash,
    cents_by_event,
    day,
    facts_of,
    flat,
    lines,
    order,
    paid,
    plan_of,
    rated,
    run,
)

E1_ORDERS = [order("T1", "01-10", "380000.00"), order("T2", "02-10", "612345.67"), order("T3", "03-10", "133154.33")]


@pytest.mark.parametrize(
    ("kind", "window", "total"),
    [
        ("marginal", "quarter", "15637.50"),
        ("retroactive", "quarter", "28137.50"),
        ("marginal", "transaction", "11816.73"),
        ("retroactive", "transaction", "14316.73"),
    ],
)
def test_e1_tiers_mean_four_different_totals(kind: str, window: str, total: str) -> None:
    done = run(plan_of(rated(kind, window)), E1_ORDERS)
    assert str(sum(row.amount for row in done.earnings)) == total


def test_e1_each_transaction_alone_rounds_alone() -> None:
    assert cents_by_event(run(plan_of(rated("marginal", "transaction")), E1_ORDERS)) == {
        "T1": "3800.00",
        "T2": "6685.19",
        "T3": "1331.54",
    }
    assert cents_by_event(run(plan_of(rated("retroactive", "transaction")), E1_ORDERS)) == {
        "T1": "3800.00",
        "T2": "9185.19",
        "T3": "1331.54",
    }


def test_e1_the_quarter_is_attributed_by_telescoping() -> None:
    assert cents_by_event(run(plan_of(rated()), E1_ORDERS)) == {"T1": "3800.00", "T2": "8585.19", "T3": "3252.31"}


@pytest.mark.parametrize(
    ("kind", "boundary", "total"),
    [
        ("retroactive", "lower_inclusive", "7500.00"),
        ("retroactive", "upper_inclusive", "5000.00"),
        ("marginal", "lower_inclusive", "5000.00"),
        ("marginal", "upper_inclusive", "5000.00"),
    ],
)
def test_e1_the_boundary_decides_the_very_amount(kind: str, boundary: str, total: str) -> None:
    done = run(plan_of(rated(kind, boundary=boundary)), [order("T1", "01-10", "500000.00")])
    assert amounts(done) == {"2026-01": total}


E2_RATES = "[{product: PA, rate: 0.02}, {product: PB, rate: 0.05}]"
E2_PRODUCTS = f"id: base, event: cash_applied, rate: {{kind: flat, rate: 0.01, products: {E2_RATES}}}"
E2_CASH = [Decimal("37666.67"), Decimal("37666.67"), Decimal("37666.66")]


def e2_events() -> list:
    bases = {
        code: part_payment_bases(net, Decimal("113000"), E2_CASH)
        for code, net in (("PA", Decimal(60000)), ("PB", Decimal(40000)))
    }
    return [
        cash(f"C{number}{code}", f"0{number}-15", str(bases[code][number - 1]), product_code=code)
        for number in (1, 2, 3)
        for code in ("PA", "PB")
    ]


@pytest.mark.parametrize("window", ["", *(f", accumulate: {window}" for window in ("transaction", "month", "quarter", "year"))])
def test_e2_part_payments_land_on_the_whole(window: str) -> None:
    done = run(plan_of(E2_PRODUCTS + window), e2_events())
    assert amounts(done) == {"2026-01": "1066.67", "2026-02": "1066.66", "2026-03": "1066.67"}
    assert cents_by_event(done) == {
        "C1PA": "400.00",
        "C1PB": "666.67",
        "C2PA": "400.00",
        "C2PB": "666.66",
        "C3PA": "400.00",
        "C3PB": "666.67",
    }


def test_e2_cash_that_is_not_applied_earns_nothing_and_is_named() -> None:
    done = run(plan_of(flat("0.02", event="cash_applied")), [cash("C1", "01-15", "37666.67", is_applied=False)])
    assert (amounts(done), [(note.rule, note.subject) for note in done.notes]) == ({}, [("unapplied_cash", "C1")])


E3_TABLE = "[{from: 0, to: 1000000, rate: 0.01}, {from: 1000000, rate: 0.02}]"


def e3(mode: str, refund: str, more: str = "", **facts: object):
    plan = plan_of(rated(table=E3_TABLE, more=f"refund: {{mode: {mode}, window_days: 180}}"), extra=more)
    events = [
        order("X", "01-10", "250000"),
        order("Y", "02-10", "950000"),
        order("Z", "04-10", "1150000"),
        order("R", "05-10", refund, original_event_id="X"),
    ]
    return run(plan, events, through="2026-07", **facts)


@pytest.mark.parametrize(
    ("mode", "refund", "effect", "second_quarter"),
    [
        ("recompute_origin", "-250000", "-4500.00", "8500.00"),
        ("original_attribution", "-250000", "-2500.00", "10500.00"),
        ("current_credit", "-250000", "-4000.00", "9000.00"),
        ("recompute_origin", "-100000", "-2000.00", "11000.00"),
        ("original_attribution", "-100000", "-1000.00", "12000.00"),
        ("current_credit", "-100000", "-2000.00", "11000.00"),
    ],
)
def test_e3_three_ways_to_take_back(mode: str, refund: str, effect: str, second_quarter: str) -> None:
    done = e3(mode, refund)
    assert cents_by_event(done) | {"Z": "", "R": ""} == {"X": "2500.00", "Y": "11500.00", "Z": "", "R": ""}
    assert cents_by_event(done)["R"] == effect
    assert str(sum(row.amount for row in done.earnings if row.month in ("2026-04", "2026-05", "2026-06"))) == second_quarter


def test_e3_recovery_stays_under_the_legal_limit() -> None:
    wages = (Wage(payee_no="A", month="2026-05", wages=Decimal(15000)), Wage(payee_no="A", month="2026-06", wages=Decimal(11000)))
    done = e3(
        "recompute_origin", "-250000", "recovery: {offset_commission: false, wage_share: 0.20, minimum_wage: 2000}", wages=wages
    )
    assert [line for line in lines(done) if line[0] >= "2026-05"] == [
        ("2026-05", "CLAWBACK_RECOVERY", "4500.00"),
        ("2026-05", "CLAWBACK_RECOVERY", "-3000.00"),
        ("2026-05", "CLAWBACK", "-4500.00"),
        ("2026-06", "CLAWBACK_RECOVERY", "-1500.00"),
    ]
    assert [str(done.balance("A", "clawback", month)) for month in ("2026-05", "2026-06")] == ["-1500.00", "0"]


E4_EARNED = ["500", "700", "400", "1500", "900", "2200"]
E4_MONTHS = [f"2026-{number:02d}" for number in range(1, 7)]


def e4(draw: str):
    events = [order(f"T{number}", f"{number:02d}-15", f"{amount}00") for number, amount in enumerate(E4_EARNED, start=1)]
    return run(plan_of(flat("0.01"), extra=f"draw: {draw}"), events, through="2026-06")


def test_e4_recoverable_draw() -> None:
    done = e4("{kind: recoverable, amount: 1000, per: month, recover_from: 2026-04, recover_down_to: 1000}")
    by_type = {(line.posting_period, line.entry_type): str(line.amount) for line in done.lines}
    assert paid(done, E4_MONTHS) == ["1000.00", "1000.00", "1000.00", "1000.00", "1000.00", "1200.00"]
    assert [by_type.get((month, "DRAW"), "0") for month in E4_MONTHS] == ["500.00", "300.00", "600.00", "0", "100.00", "0"]
    assert [by_type.get((month, "DRAW_RECOVERY"), "0") for month in E4_MONTHS] == ["0", "0", "0", "-500.00", "0", "-1000.00"]
    assert [str(-done.balance("A", "draw", month)) for month in E4_MONTHS] == [
        "500.00",
        "800.00",
        "1400.00",
        "900.00",
        "1000.00",
        "0",
    ]


def test_e4_non_recoverable_draw() -> None:
    done = e4("{kind: non_recoverable, amount: 1000, per: month}")
    assert paid(done, E4_MONTHS) == ["1000.00", "1000.00", "1000.00", "1500.00", "1000.00", "2200.00"]
    assert done.balance("A", "draw_forgiven", "2026-06") == Decimal("-1500.00")


E7_RATES = (
    FxRate(rate_type="SAFE_mid", currency="USD", rate_date=date(2026, 1, 20), rate=Decimal("7.1700")),
    FxRate(rate_type="SAFE_mid", currency="USD", rate_date=date(2026, 3, 10), rate=Decimal("7.1780")),
    FxRate(rate_type="SAFE_mid", currency="USD", rate_date=date(2026, 4, 10), rate=Decimal("7.2870")),
)


def e7_events() -> list:
    signed = {"currency": "USD", "signed_date": day("01-20"), "transaction": "O1"}
    return [cash("C1", "03-10", "20000", **signed), cash("C2", "04-10", "30000", **signed)]


@pytest.mark.parametrize(
    ("rate", "by_month", "fx"),
    [
        ("signed_date", {"2026-03": "4302.00", "2026-04": "6453.00"}, ["160.00", "3510.00"]),
        ("event_date", {"2026-03": "4306.80", "2026-04": "6558.30"}, []),
    ],
)
def test_e7_the_rate_is_locked_at_signature(rate: str, by_month: dict[str, str], fx: list[str]) -> None:
    plan = plan_of(flat("0.03", event="cash_applied"), extra=f"fx: {{rate: {rate}, type: SAFE_mid, lock: true}}")
    done = run(plan, e7_events(), fx_rates=E7_RATES)
    assert amounts(done) == by_month
    assert [f"{one.base_at_event - one.base_locked:.2f}" for one in done.fx_differences] == fx


def test_e7_a_split_after_the_close_adjusts_the_open_month_and_restates_the_closed(tmp_path: Path) -> None:
    plan = plan_of(flat("0.03", event="cash_applied"), extra="fx: {rate: signed_date, type: SAFE_mid, lock: true}")
    ledger = Ledger(tmp_path)
    people = {"approved_by": "E901", "reviewed_by": "E905"}
    march = calculate([plan], facts_of(e7_events()[:1], "AB", fx_rates=E7_RATES), "2026-03")
    ledger.close("2026-03", shadow_drafts(march, [], "2026-03", {}), closed_at=datetime(2026, 4, 3, tzinfo=UTC), **people)
    splits = tuple(
        Split(transaction_id="O1", payee_no=payee, share=Decimal(share), decided_on=day("04-20"))
        for payee, share in (("A", "0.7"), ("B", "0.3"))
    )
    april = calculate([plan], facts_of(e7_events(), "AB", fx_rates=E7_RATES, splits=splits), "2026-04")
    drafts = shadow_drafts(april, ledger.entries(), "2026-04", {"2026-03": day("04-03")}, "2026-04-30")
    ledger.close("2026-04", drafts, closed_at=datetime(2026, 5, 3, tzinfo=UTC), **people)
    posted = ledger.entries()
    assert [
        (entry.posting_period, entry.payee_no, entry.entry_type, entry.origin_period, str(entry.amount)) for entry in posted
    ] == [
        ("2026-03", "A", "EARN", "2026-03", "4302.00"),
        ("2026-04", "A", "EARN", "2026-04", "4517.10"),
        ("2026-04", "B", "EARN", "2026-04", "1935.90"),
        ("2026-04", "A", "ADJ_SPLIT", "2026-03", "-1290.60"),
        ("2026-04", "B", "ADJ_SPLIT", "2026-03", "1290.60"),
    ]
    of_a, of_b = ([entry for entry in posted if entry.payee_no == payee] for payee in "AB")
    assert [str(as_reported(of_a, month)) for month in ("2026-03", "2026-04")] == ["4302.00", "3226.50"]
    assert [str(as_restated(of_a, month)) for month in ("2026-03", "2026-04")] == ["3011.40", "4517.10"]
    assert [str(as_reported(of_b, "2026-04")), str(as_restated(of_b, "2026-03"))] == ["3226.50", "1290.60"]
    assert sum(entry.amount for entry in posted) == Decimal("10755.00")
    assert shadow_drafts(april, posted, "2026-04", {"2026-03": day("04-03")}) == []


def test_v1_a_multiplied_rate_and_its_refund() -> None:
    plan = plan_of(flat("0.05", "multipliers: [{name: 新签, on: earning, x: 1.10}]"))
    done = run(plan, [order("T1", "01-10", "750"), order("R1", "02-10", "-750", original_event_id="T1")])
    assert cents_by_event(done) == {"T1": "41.25", "R1": "-41.25"}


def test_v2_an_advance_of_a_tenth_then_the_rest() -> None:
    plan = plan_of(flat("0.10", "holdback: {share: 0.90, release: paid}"))
    done = run(
        plan, [order("T1", "01-10", "1000")], milestones=(Milestone(transaction_id="T1", name="paid", reached_on=day("03-05")),)
    )
    assert paid(done, ["2026-01", "2026-02", "2026-03"]) == ["10.00", "0", "90.00"]


@pytest.mark.parametrize(
    ("product", "amount"),
    [
        ({"variant": "V", "product_code": "P", "category": "K"}, "150.00"),
        ({"product_code": "P", "category": "K"}, "50.00"),
        ({"category": "K"}, "20.00"),
        ({}, "10.00"),
    ],
)
def test_v3_the_most_specific_product_rate_wins(product: dict[str, str], amount: str) -> None:
    rates = "[{category: K, rate: 0.02}, {variant: V, rate: 0.15}, {product: P, rate: 0.05}]"
    plan = plan_of(f"id: base, event: signed, rate: {{kind: flat, rate: 0.01, products: {rates}}}")
    assert cents_by_event(run(plan, [order("T1", "01-10", "1000", **product)])) == {"T1": amount}


def test_v4_half_the_cash_half_the_commission() -> None:
    plan = plan_of(flat("0.20", event="cash_applied"))
    assert cents_by_event(run(plan, [cash("C1", "01-10", "10000"), cash("C2", "02-10", "10000")])) == {
        "C1": "2000.00",
        "C2": "2000.00",
    }


def test_v5_a_deal_that_crosses_a_tier() -> None:
    table = "[{from: 0, to: 150000, rate: 0.04}, {from: 150000, to: 250000, rate: 0.06}, {from: 250000, rate: 0.08}]"
    done = run(plan_of(rated(table=table)), [order("T1", "01-10", "145000"), order("T2", "02-10", "20000")])
    assert cents_by_event(done)["T2"] == "1100.00"


ORACLE = ["200", "300", "1500", "1200", "2000", "4500"]


def oracle(component: str) -> list[str]:
    done = run(plan_of(component), [order(f"T{number}", f"01-1{number}", amount) for number, amount in enumerate(ORACLE)])
    return list(cents_by_event(done).values())


def test_v6_step_rates_per_transaction() -> None:
    low = "{from: 0, to: 1000, rate: 0.01}, {from: 1000, to: 3000, rate: 0.02}"
    table = f"[{low}, {{from: 3000, to: 8000, rate: 0.03}}, {{from: 8000, rate: 0.05}}]"
    assert oracle(rated("marginal", "transaction", table)) == ["2.00", "3.00", "20.00", "14.00", "30.00", "95.00"]


def test_v7_interpolated_amounts_per_transaction() -> None:
    points = "[{at: 0, amount: 0}, {at: 1000, amount: 10}, {at: 3000, amount: 50}, {at: 8000, amount: 150}]"
    assert oracle(rated("interpolated", "transaction", points)) == ["2.00", "3.00", "20.00", "14.00", "30.00", "80.00"]


def test_v8_a_split_rate_and_its_blend() -> None:
    low = "{from: 0, to: 1000, rate: 0.01}, {from: 1000, to: 5000, rate: 0.02}"
    table = f"[{low}, {{from: 5000, to: 10000, rate: 0.03}}, {{from: 10000, rate: 0}}]"
    done = run(plan_of(rated(table=table)), [order("T1", "01-10", "2500")])
    assert (cents_by_event(done), done.earnings[0].amount / done.earnings[0].base_to_date) == ({"T1": "40.00"}, Decimal("0.016"))


def test_v10_what_a_draw_leaves_to_repay() -> None:
    done = run(
        plan_of(flat("0.01"), extra="draw: {kind: recoverable, amount: 5000}"),
        [order("T1", "01-10", "320000")],
        through="2026-01",
    )
    assert (paid(done, ["2026-01"]), done.balance("A", "draw", "2026-01")) == (["5000.00"], Decimal("-1800.00"))
