"""The rule vocabulary of C3 beyond the printed examples: one small world for each rule and its edge cases.

Add a rule's edge case with figures that can be checked by hand; printed examples are in test_engine_examples.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from commission.engine import (
    Absence,
    Acceptance,
    Assignment,
    Figure,
    FxRate,
    Handover,
    Milestone,
    OrderHold,
    Penalty,
    Person,
    PoolMember,
    Quota,
    Split,
    Wage,
    Waiver,
    calculate,
    shadow_drafts,
)
from commission.ledger import Entry
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

MONTHS = [f"2026-{number:02d}" for number in range(1, 13)]


def notes(done) -> list[tuple[str, str]]:
    return [(note.rule, note.subject) for note in done.notes if note.rule != "wages_unknown"]


def figure(payee: str, period: str, name: str, value: str, reached: str | None = None) -> Figure:
    return Figure(payee_no=payee, period=period, name=name, value=Decimal(value), reached_on=day(reached) if reached else None)


# rates


@pytest.mark.parametrize(
    ("base", "pay"), [("0", "0.00"), ("500", "20.00"), ("1000", "30.00"), ("5000", "30.00"), ("-5", "10.00")]
)
def test_interpolation_is_clamped_outside_its_points(base: str, pay: str) -> None:
    done = run(
        plan_of(rated("interpolated", table="[{at: 0, amount: 10}, {at: 1000, amount: 30}]")), [order("T1", "01-10", base)]
    )
    assert cents_by_event(done) == {"T1": pay}


ATTAINMENT = (
    "id: base, event: signed, accumulate: quarter, rate: {kind: attainment, target_pay: 9000, boundary: lower_inclusive, "
    "table: [{from: 0, to: 1, x: 1}, {from: 1, to: 1.5, x: 1.5}, {from: 1.5, x: 2}], decelerator: {below: 0.5, x: 0.6}}"
)
QUOTA = Quota(payee_no="A", measure="签约额", first_day=day("01-01"), last_day=day("03-31"), amount=Decimal(300000))


@pytest.mark.parametrize(
    ("signed", "pay"),
    [
        ("100000", "1800.00"),
        ("150000", "4500.00"),
        ("300000", "9000.00"),
        ("400000", "13500.00"),
        ("600000", "24750.00"),
        ("-1000", "-18.00"),
    ],
)
def test_attainment_pays_target_pay_at_quota_and_accelerates_above(signed: str, pay: str) -> None:
    done = run(
        plan_of(ATTAINMENT, extra="quota: {source: targets, measure: 签约额}"), [order("T1", "01-10", signed)], quotas=(QUOTA,)
    )
    assert amounts(done) == {"2026-01": pay}


@pytest.mark.parametrize(
    ("proration", "quota"),
    [
        ("calendar_days_inclusive", Decimal(300000) * 45 / 90),
        ("whole_months", Decimal(300000) / 3),
        ("workdays", Decimal(300000) * 2 / 3),
    ],
)
def test_a_joiner_has_a_part_of_quota_and_target_pay(proration: str, quota: Decimal) -> None:
    told = {
        "quotas": (QUOTA,),
        "people": (Person(payee_no="A", valid_from=day("02-15"), hire_date=day("02-15")),),
        "workdays": frozenset({day("01-05"), day("02-16"), day("03-02")}),
    }
    plan = plan_of(ATTAINMENT, extra=f"quota: {{source: targets, measure: 签约额, proration: {proration}}}")
    done = run(plan, [order("T1", "03-10", f"{quota:f}")], **told)
    assert done.earnings[0].quota == quota
    assert abs(done.earnings[0].amount - 9000 * quota / 300000) < Decimal("0.005")


def test_both_end_days_of_a_part_period_count() -> None:
    plan = plan_of(ATTAINMENT, extra="quota: {source: targets, measure: 签约额}")
    people = (Person(payee_no="A", valid_from=date(2025, 1, 1), hire_date=day("01-10"), leave_date=day("01-18")),)
    assert run(plan, [order("T1", "01-15", "1000")], quotas=(QUOTA,), people=people).earnings[0].quota == Decimal(30000)


def test_leave_shortens_the_quota_and_no_quota_is_said_aloud() -> None:
    plan = plan_of(ATTAINMENT, extra="quota: {source: targets, measure: 签约额}")
    away = (Absence(payee_no="A", first_day=day("01-01"), last_day=day("01-09")),)
    assert run(plan, [order("T1", "03-10", "1000")], quotas=(QUOTA,), absences=away).earnings[0].quota == Decimal(270000)
    none = run(plan, [order("T1", "03-10", "1000")])
    assert (none.lines, notes(none)) == ([], [("quota_missing", "A")])


def test_tiers_may_be_read_by_attainment() -> None:
    component = (
        "id: base, event: signed, accumulate: quarter, rate: {kind: marginal, scale: attainment, boundary: lower_inclusive, "
        "table: [{from: 0, to: 0.8, rate: 0.01}, {from: 0.8, rate: 0.02}]}"
    )
    plan = plan_of(component, extra="quota: {source: targets, measure: 签约额}")
    assert amounts(run(plan, [order("T1", "01-10", "300000")], quotas=(QUOTA,))) == {"2026-01": "3600.00"}


@pytest.mark.parametrize(("discount", "pay"), [("0", "150.00"), ("0.10", "150.00"), ("0.1001", "75.00")])
def test_the_rate_falls_with_the_discount(discount: str, pay: str) -> None:
    plan = plan_of(
        "id: base, event: signed, rate: {kind: flat, by: discount_rate, table: [{to: 0.10, rate: 0.15}, {rate: 0.075}]}"
    )
    assert cents_by_event(run(plan, [order("T1", "01-10", "1000", discount_rate=Decimal(discount))])) == {"T1": pay}


TWO = "[{from: 0, to: 1000, rate: 0.01}, {from: 1000, rate: 0.02}]"


@pytest.mark.parametrize(("on", "pay"), [("credit", "14.00"), ("earning", "12.00")])
def test_a_factor_on_the_credit_moves_through_the_tiers_and_one_on_the_earning_does_not(on: str, pay: str) -> None:
    plan = plan_of(rated(table=TWO, more=f"multipliers: [{{name: 新签, on: {on}, when: {{customer_class: new}}, x: 1.2}}]"))
    assert cents_by_event(run(plan, [order("T1", "01-10", "1000", customer_class="new")])) == {"T1": pay}


@pytest.mark.parametrize(("late", "pay"), [(30, "10.00"), (31, "8.00"), (60, "8.00"), (90, "5.00"), (91, "0.00")])
def test_late_cash_decays_by_days_past_due(late: int, pay: str) -> None:
    table = "[{to: 30, x: 1.0}, {to: 60, x: 0.8}, {to: 90, x: 0.5}, {x: 0}]"
    plan = plan_of(flat("0.01", f"multipliers: [{{name: 衰减, on: earning, by: days_past_due, table: {table}}}]", "cash_applied"))
    assert cents_by_event(run(plan, [cash("C1", "01-10", "1000", days_past_due=Decimal(late))])) == {"C1": pay}


def test_measures_and_their_reversals() -> None:
    events = [
        order("T1", "01-10", "100", quantity=Decimal(3), gross_margin=Decimal(40), mrr=Decimal(9), amount_incl_tax=Decimal(113))
    ]
    events.append(order("R1", "01-20", "-100", quantity=Decimal(-3), gross_margin=Decimal(-40), original_event_id="T1"))
    expected = {"quantity": ("6.00", "-6.00"), "gross_margin": ("80.00", "-80.00"), "count": ("2.00", "-2.00")}
    expected |= {"mrr": ("18.00", "0.00"), "amount_incl_tax": ("226.00", "0.00")}
    for measure, pair in expected.items():
        assert tuple(cents_by_event(run(plan_of(flat("2", f"measure: {measure}")), events)).values()) == pair


# which events, when, for whom


def test_filters_let_in_what_they_name_and_keep_out_the_tagged() -> None:
    plan = plan_of(flat("0.01", "filter: {product_line: [A, B], exclude_tags: [赠品], discount_up_to: 0.2}"))
    events = [
        order("T1", "01-10", "100", product_line="A"),
        order("T2", "01-10", "100", product_line="C"),
        order("T3", "01-10", "100", product_line="B", tags=frozenset({"赠品"})),
        order("T4", "01-10", "100", product_line="B", discount_rate=Decimal("0.21")),
    ]
    assert cents_by_event(run(plan, events)) == {"T1": "1.00"}


@pytest.mark.parametrize(("bill", "month"), [("maturity", "2026-07"), ("receipt", "2026-01")])
def test_an_acceptance_bill_counts_at_maturity_unless_said(bill: str, month: str) -> None:
    plan = plan_of(flat("0.01", f"acceptance_bill: {bill}", "cash_applied"))
    assert amounts(run(plan, [cash("C1", "01-10", "1000", bill_maturity_date=day("07-10"))])) == {month: "10.00"}


def test_a_rebate_is_no_cash_and_a_backdated_event_is_put_up_for_review() -> None:
    plan = plan_of(flat("0.01", event="cash_applied"))
    events = [cash("C1", "01-10", "1000", is_cash=False), cash("C2", "01-10", "500", first_seen_on=day("01-16"))]
    done = run(plan, events)
    assert (amounts(done), notes(done)) == ({"2026-01": "5.00"}, [("backdated", "C2")])


@pytest.mark.parametrize(
    ("basis", "quarters"),
    [("order_date", {"2026-01": "10.00"}), ("delivery_date", {"2026-02": "10.00"}), ("posting_date", {"2026-03": "10.00"})],
)
def test_the_date_basis_decides_the_month(basis: str, quarters: dict[str, str]) -> None:
    dates = {"order_date": day("01-10"), "delivery_date": day("02-10"), "posting_date": day("03-10")}
    assert amounts(run(plan_of(flat("0.01", f"date_basis: {basis}")), [order("T1", "01-10", "1000", dates=dates)])) == quarters


@pytest.mark.parametrize(("by", "pay"), [("event_date", "20.00"), ("signed_date", "10.00")])
def test_a_plan_that_changes_pays_by_event_or_as_signed(by: str, pay: str) -> None:
    old = plan_of(flat("0.01", f"plan_version_by: {by}", "cash_applied"), valid="{from: 2026-01-01, to: 2026-03-31}")
    new = plan_of(flat("0.02", f"plan_version_by: {by}", "cash_applied"), version=2, valid="{from: 2026-04-01}")
    done = run([old, new], [cash("C1", "04-10", "1000", signed_date=day("02-01"))])
    assert (amounts(done), [line.plan_hash for line in done.lines]) == (
        {"2026-04": pay},
        [new.hash if by == "event_date" else old.hash],
    )


def test_a_version_that_begins_inside_a_quarter_counts_for_itself() -> None:
    old = plan_of(rated(table=TWO), valid="{from: 2026-01-01, to: 2026-02-14}")
    new = plan_of(rated(table=TWO.replace("0.02", "0.03")), version=2, valid="{from: 2026-02-15}")
    done = run([old, new], [order("T1", "02-10", "1500"), order("T2", "02-20", "1500")])
    assert [(row.plan_version, str(row.amount)) for row in done.earnings] == [(1, "20.00"), (2, "25.00")]
    assert [(line.plan_hash, str(line.amount)) for line in done.lines] == [(old.hash, "20.00"), (new.hash, "25.00")]


def test_shares_that_are_not_whole_credit_nobody_and_say_so() -> None:
    splits = tuple(Split(transaction_id="T1", payee_no=payee, share=Decimal("0.4")) for payee in "AB")
    done = run(plan_of(flat("0.01")), [order("T1", "01-10", "1000")], "AB", splits=splits)
    assert (done.lines, notes(done)) == ([], [("split_not_whole", "T1")])


def test_a_split_acts_only_while_it_is_valid() -> None:
    splits = (Split(transaction_id="O1", payee_no="B", share=Decimal(1), valid_from=day("02-01"), valid_to=day("02-28")),)
    events = [cash(f"C{number}", f"0{number}-10", "1000") for number in (1, 2, 3)]
    done = run(plan_of(flat("0.01", event="cash_applied")), events, "AB", splits=splits)
    assert (amounts(done, "A"), amounts(done, "B")) == ({"2026-01": "10.00", "2026-03": "10.00"}, {"2026-02": "10.00"})


def test_an_overlay_earns_beside_the_whole() -> None:
    people = (Person(payee_no="S", valid_from=date(2025, 1, 1), role="售前"),)
    plan = plan_of(flat("0.01", "credit: {overlays: [{role: 售前, share: 0.2, when: {product_line: A}}]}"))
    events = [order("T1", "01-10", "1000", product_line="A"), order("T2", "01-10", "1000", product_line="B")]
    done = run(plan, events, "AS", people=people)
    assert (amounts(done, "A"), amounts(done, "S")) == ({"2026-01": "20.00"}, {"2026-01": "2.00"})


def test_an_override_follows_the_organisation_of_the_day_and_not_ones_own_deals() -> None:
    people = (
        Person(payee_no="A", manager_no="M", valid_from=date(2025, 1, 1), valid_to=day("02-14")),
        Person(payee_no="A", manager_no="N", valid_from=day("02-15")),
        Person(payee_no="M", manager_no="D", valid_from=date(2025, 1, 1)),
    )
    plan = plan_of(flat("0.002", "credit: {override: {levels: 1}}"))
    events = [order("T1", "02-14", "1000"), order("T2", "02-15", "1000"), order("T3", "02-16", "1000", "M")]
    done = run(plan, events, "AMND", people=people)
    assert [(row.event_id, row.payee_no) for row in done.credits] == [("T1", "M"), ("T2", "N"), ("T3", "D")]


def test_eligibility_is_asked_of_the_day() -> None:
    people = (
        Person(payee_no="A", role="销售代表", department="一部", valid_from=date(2025, 1, 1), valid_to=day("01-31")),
        Person(payee_no="A", role="经理", department="一部", valid_from=day("02-01")),
    )
    plan = plan_of(flat("0.01"), extra="eligible: {role: 销售代表, department: 一部}")
    done = run(plan, [order("T1", "01-31", "1000"), order("T2", "02-01", "1000")], people=people)
    assert cents_by_event(done) == {"T1": "10.00"}


def test_money_after_leaving_goes_to_the_successor_after_the_grace() -> None:
    people = (Person(payee_no="A", valid_from=date(2025, 1, 1), leave_date=day("01-31")),)
    plan = plan_of(flat("0.01", event="cash_applied"), extra="leaver: {grace_days: 10, pending: new_owner}")
    events = [cash("C1", "02-10", "1000"), cash("C2", "02-11", "1000"), cash("C3", "02-12", "1000", "O2")]
    handed = (Handover(leaver_no="A", successor_no="B", transaction_id="O1"),)
    done = run(plan, events, "AB", people=people, handovers=handed)
    assert [(row.event_id, row.payee_no) for row in done.credits] == [("C1", "A"), ("C2", "B")]
    assert notes(done) == [("leaver", "C2"), ("leaver", "C3"), ("ownerless", "C3")]


def test_foreign_money_at_the_months_average_and_a_missing_rate() -> None:
    rates = tuple(
        FxRate(rate_type="SAFE_mid", currency="USD", rate_date=day(on), rate=Decimal(rate))
        for on, rate in (("01-05", "7.0"), ("01-20", "7.2"))
    )
    plan = plan_of(flat("0.01"), extra="fx: {rate: month_average, type: SAFE_mid}")
    events = [order("T1", "01-10", "1000", currency="USD"), order("T2", "02-10", "1000", currency="USD")]
    done = run(plan, events, fx_rates=rates)
    assert (amounts(done), notes(done)) == ({"2026-01": "71.00"}, [("fx_rate_missing", "T2")])


def test_quarters_follow_the_fiscal_year() -> None:
    events = [order("T1", "03-10", "1000"), order("T2", "04-10", "1000")]
    assert {row.window for row in run(plan_of(rated(table=TWO)), events, fiscal_year_start_month=4).earnings} == {
        "2025-Q4",
        "2026-Q1",
    }


# refunds


@pytest.mark.parametrize(
    ("share", "days", "back"),
    [
        ("full", 90, "-10.00"),
        ("full", 91, "0.00"),
        ("half_after_half", 45, "-10.00"),
        ("half_after_half", 46, "-5.00"),
        ("prorated", 30, "-6.67"),
        ("prorated", 91, "0.00"),
    ],
)
def test_how_long_an_earning_is_at_risk(share: str, days: int, back: str) -> None:
    on = (day("01-10") + timedelta(days=days)).isoformat()
    plan = plan_of(flat("0.01", f"refund: {{mode: recompute_origin, window_days: 90, share: {share}}}"))
    done = run(plan, [order("T1", "01-10", "1000"), order("R1", on, "-1000", original_event_id="T1")])
    assert str(sum((row.amount for row in done.earnings), Decimal(0)) - 10) == back


def test_a_refund_takes_back_at_the_multiplier_and_rate_of_its_original() -> None:
    plan = plan_of(
        flat(
            "0.01",
            "multipliers: [{name: 新签, on: earning, when: {customer_class: new}, x: 1.2}], "
            "refund: {mode: original_attribution, window_days: 99}",
        )
    )
    events = [
        order("T1", "01-10", "1000", customer_class="new"),
        order("R1", "02-10", "-500", original_event_id="T1", customer_class="renew"),
    ]
    done = run(plan, [*events, order("R2", "03-10", "-500", original_event_id="T1")])
    assert cents_by_event(done) == {"T1": "12.00", "R1": "-6.00", "R2": "-6.00"}


def test_a_refund_of_an_unknown_event_counts_in_its_own_month_and_says_so() -> None:
    plan = plan_of(rated(table=TWO, more="refund: {mode: recompute_origin, window_days: 99}"))
    done = run(plan, [order("R1", "02-10", "-500", original_event_id="gone")])
    assert (amounts(done), notes(done)) == ({"2026-02": "-5.00"}, [("original_unknown", "R1")])


# caps, gates, holds


@pytest.mark.parametrize(
    ("cap", "pays", "kind", "rest"),
    [
        ("{amount: 100, per: month, excess: carry_forward}", ["100.00", "100.00", "60.00"], "cap_withheld", "0.00"),
        ("{amount: 100, per: month, excess: drop}", ["100.00", "50.00", "10.00"], "cap_dropped", "100.00"),
        ("{amount: 100, per: month, excess: review}", ["100.00", "50.00", "10.00"], "cap_review", "100.00"),
        ("{amount: 210, per: quarter, excess: carry_forward}", ["200.00", "10.00", "0.00"], "cap_withheld", "50.00"),
        ("{amount: 120, per: event, excess: drop}", ["120.00", "50.00", "10.00"], "cap_dropped", "80.00"),
    ],
)
def test_what_a_cap_withholds_has_a_name(cap: str, pays: list[str], kind: str, rest: str) -> None:
    events = [order("T1", "01-10", "20000"), order("T2", "02-10", "5000"), order("T3", "03-10", "1000")]
    done = run(plan_of(flat("0.01", f"cap: {cap}")), events, through="2026-03")
    assert [f"{done.payable('A', month)}" for month in MONTHS[:3]] == pays
    assert f"{done.balance('A', kind, '2026-03'):.2f}" == rest


LOST = ["cap_dropped", "gate_forfeited", "instalment_forfeited"]


def gone(done, month: str = "2026-03") -> tuple[list[tuple[str, str, str]], Decimal, Decimal]:
    """Lines of what left for good, what the engine names as lost, and what is neither paid, kept nor lost: nothing."""
    written_off = [line for line in done.lines if line.entry_type == "WRITE_OFF"]
    lost = sum((done.balance("A", kind, month) for kind in LOST), Decimal(0))
    kept = sum((row.amount for row in done.balances if row.month == month and row.kind not in LOST), Decimal(0))
    earned = sum((line.amount for line in done.lines if line.entry_type in ("EARN", "CLAWBACK")), Decimal(0))
    paid_out = sum((line.amount for line in done.lines), Decimal(0))
    told = [(line.posting_period, str(line.amount), line.reason or "") for line in written_off]
    return told, lost, earned - paid_out - kept - lost


@pytest.mark.parametrize(
    ("cap", "written_off", "lost"),
    [
        ("{amount: 100, per: month, excess: drop}", [("2026-01", "-100.00", "封顶 100，超出部分不再支付")], "100.00"),
        ("{amount: 120, per: event, excess: drop}", [("2026-01", "-80.00", "单笔封顶，超出部分不再支付")], "80.00"),
        ("{amount: 120, per: event, excess: review}", [], "0"),
        ("{amount: 100, per: month, excess: review}", [], "0"),
        (
            "{amount: 100, per: quarter, excess: drop}",
            [
                ("2026-01", "-100.00", "封顶 100，超出部分不再支付"),
                ("2026-02", "50.00", "封顶 100，超出部分不再支付"),
                ("2026-03", "-10.00", "封顶 100，超出部分不再支付"),
            ],
            "60.00",
        ),
    ],
)
def test_what_a_cap_drops_is_written_off_in_its_month(cap: str, written_off: list[tuple[str, str, str]], lost: str) -> None:
    events = [order("T1", "01-10", "20000"), order("T2", "02-10", "-5000"), order("T3", "03-10", "1000")]
    done = run(plan_of(flat("0.01", f"cap: {cap}")), events, through="2026-03")
    assert gone(done) == (written_off, Decimal(lost), Decimal(0))


def test_what_was_carried_is_let_go_before_a_new_version_drops_it() -> None:
    cap = "cap: {{amount: 100, per: month, excess: {}}}"
    old = plan_of(flat("0.01", cap.format("carry_forward")), valid="{from: 2026-01-01, to: 2026-01-31}")
    new = plan_of(flat("0.01", cap.format("drop")), version=2, valid="{from: 2026-02-01}")
    events = [order("T1", "01-10", "20000"), order("T2", "02-10", "5000")]
    done = run([old, new], events, through="2026-03")
    assert lines(done) == [
        ("2026-01", "CAP_WITHHELD", "-100.00"),
        ("2026-01", "EARN", "200.00"),
        ("2026-02", "CAP_RELEASE", "100.00"),
        ("2026-02", "EARN", "50.00"),
        ("2026-02", "WRITE_OFF", "-50.00"),
    ]
    assert gone(done)[1:] == (Decimal("50.00"), Decimal(0))
    assert done.balance("A", "cap_withheld", "2026-02") == 0


def test_a_total_cap_acts_after_the_components() -> None:
    plan = plan_of(
        "id: one, event: signed, rate: {kind: flat, rate: 0.01}, cap: {amount: 80, per: month, excess: drop}",
        "id: two, event: signed, rate: {kind: flat, rate: 0.005}",
        extra="cap: {amount: 100, per: month, excess: carry_forward}",
    )
    done = run(plan, [order("T1", "01-10", "10000")], through="2026-02")
    assert lines(done) == [
        ("2026-01", "CAP_WITHHELD", "-30.00"),
        ("2026-01", "EARN", "100.00"),
        ("2026-01", "WRITE_OFF", "-20.00"),
        ("2026-01", "EARN", "50.00"),
        ("2026-02", "CAP_RELEASE", "30.00"),
    ]


def test_a_floor_fills_up_while_under_the_plan() -> None:
    plan = plan_of(flat("0.01", "floor: {amount: 30}"))
    under = (Assignment(payee_no="A", plan_id="p", valid_from=day("01-01"), valid_to=day("02-28")),)
    assert paid(run(plan, [order("T1", "01-10", "1000")], assignments=under, through="2026-03"), MONTHS[:3]) == [
        "30.00",
        "30",
        "0",
    ]


GATE = 'gates: [{{id: overdue, if: "overdue_ratio > 0.20", then: {then}}}]'
GATE_EVENTS = [order("T1", "01-10", "10000"), order("T2", "02-10", "1000")]
OVERDUE = (figure("A", "2026-01", "overdue_ratio", "0.21"), figure("A", "2026-02", "overdue_ratio", "0.20"))


@pytest.mark.parametrize(
    ("then", "pays"),
    [
        ('hold, release: "overdue_ratio <= 0.20"', ["0.00", "110.00"]),
        ("zero", ["0.00", "10.00"]),
        ("reduce, x: 0.6", ["60.00", "10.00"]),
    ],
)
def test_gates_hold_zero_or_reduce_in_the_open(then: str, pays: list[str]) -> None:
    done = run(plan_of(flat("0.01"), extra=GATE.format(then=then)), GATE_EVENTS, figures=OVERDUE, through="2026-02")
    assert paid(done, MONTHS[:2]) == pays
    written_off, lost, rest = gone(done, "2026-02")
    if "hold" in then:
        assert ("2026-01", "HOLD") in {line[:2] for line in lines(done)}
    else:
        amount = Decimal(pays[0]) - 100
        assert written_off == [("2026-01", str(amount), "overdue:逾期应收占比高于0.2，不再支付")]
        assert lost == -amount
    assert rest == 0


def test_an_unknown_figure_holds_and_a_waiver_lets_through() -> None:
    plan = plan_of(flat("0.01"), extra=GATE.format(then="hold"))
    held = run(plan, GATE_EVENTS, through="2026-01")
    assert (paid(held, MONTHS[:1]), notes(held)) == (["0.00"], [("gate_figure_missing", "A 2026-01")])
    assert held.notes[0].message == "overdue: overdue_ratio unknown, held"
    waived = (Waiver(payee_no="A", month="2026-01", gate_id="overdue", approved_by="E900"),)
    let = run(plan, GATE_EVENTS, figures=OVERDUE, waivers=waived, through="2026-01")
    assert (paid(let, MONTHS[:1]), notes(let)) == (["100.00"], [("gate_waived", "A 2026-01")])


@pytest.mark.parametrize(("entitled", "pays"), [("E900", "100.00"), ("总监", "100.00"), ("E901", "0.00"), ("经理", "0.00")])
def test_a_gate_is_waived_by_whom_the_plan_names_by_number_or_by_role(entitled: str, pays: str) -> None:
    plan = plan_of(flat("0.01"), extra=GATE.format(then="hold").replace("then:", f"waived_by: {entitled}, then:"))
    waived = (Waiver(payee_no="A", month="2026-01", gate_id="overdue", approved_by="E900"),)
    boss = (Person(payee_no="E900", valid_from=day("01-01"), role="总监"),)
    done = run(plan, GATE_EVENTS, figures=OVERDUE, waivers=waived, people=boss, through="2026-01")
    assert paid(done, MONTHS[:1]) == [pays]


def test_an_order_on_hold_waits_alone() -> None:
    holds = (OrderHold(transaction_id="T1", reason="验收争议", held_from=day("01-15"), released_on=day("03-02")),)
    done = run(
        plan_of(flat("0.01")), [order("T1", "01-10", "10000"), order("T2", "01-11", "1000")], order_holds=holds, through="2026-03"
    )
    assert paid(done, MONTHS[:3]) == ["10.00", "0", "100.00"]
    assert done.balance("A", "order_hold", "2026-02") == Decimal("100.00")


def test_a_holdback_waits_for_its_milestone_and_is_not_forgotten() -> None:
    plan = plan_of(flat("0.01", "holdback: {share: 0.30, release: accepted, review_after_days: 30}"))
    reached = (Milestone(transaction_id="T1", name="accepted", reached_on=day("02-20")),)
    done = run(plan, [order("T1", "01-10", "3333"), order("T2", "01-11", "1000")], milestones=reached, through="2026-03")
    assert paid(done, MONTHS[:3]) == ["30.33", "10.00", "0"]
    assert notes(done) == [("holdback_overdue", "T2")]


@pytest.mark.parametrize(("on_leave", "pays"), [("pay_rest", ["33.34", "66.66", "0"]), ("forfeit", ["33.34", "0.00", "0"])])
def test_instalments_pay_odd_cents_first_and_a_leaver_gets_the_rest_or_not(on_leave: str, pays: list[str]) -> None:
    plan = plan_of(flat("0.01", f"instalments: {{parts: 3, on_leave: {on_leave}}}"))
    stays = run(plan, [order("T1", "01-10", "10000")], through="2026-03")
    assert paid(stays, MONTHS[:3]) == ["33.34", "33.33", "33.33"]
    people = (Person(payee_no="A", valid_from=date(2025, 1, 1), leave_date=day("02-10")),)
    leaves = run(plan, [order("T1", "01-10", "10000")], people=people, through="2026-03")
    assert paid(leaves, MONTHS[:3]) == pays
    lost = Decimal("66.66") if on_leave == "forfeit" else Decimal(0)
    written_off = [("2026-02", "-66.66", "离职：未到期分期不再支付")] if lost else []
    assert gone(leaves) == (written_off, lost, Decimal(0))
    assert lines(leaves)[2] == ("2026-02", "HOLDBACK_RELEASE", "66.66")


def test_who_is_known_to_have_left_only_after_the_close_has_nothing_left_in_a_balance() -> None:
    plan = plan_of(flat("0.01", "instalments: {parts: 3, on_leave: forfeit}"))
    events, posted, closed = [order("T1", "01-10", "10000")], [], {}
    for number, people in ((1, ()), (2, ()), (3, (Person(payee_no="A", valid_from=date(2025, 1, 1), leave_date=day("02-10")),))):
        done = run(plan, events, people=people, through=MONTHS[number - 1])
        drafts = shadow_drafts(done, posted, MONTHS[number - 1], closed)
        at = datetime(2026, number + 1, 3, tzinfo=UTC)
        posted += [Entry.posted(one, number=0, approved_by=["E9"], posted_at=at, prev="0") for one in drafts]
        closed[MONTHS[number - 1]] = at.date()
    assert [(one.entry_type, one.origin_period, str(one.amount)) for one in drafts] == [
        ("HOLDBACK_RELEASE", "2026-02", "33.33"),
        ("WRITE_OFF", "2026-02", "-66.66"),
        ("CLAWBACK_RECOVERY", "2026-03", "33.33"),  # paid in February, and to be given back
    ]
    assert sum(one.amount for one in posted if one.entry_type.startswith("HOLDBACK")) == 0


# awards


SPIFF = (
    "spiffs: [{id: unit, event: signed, per: unit, amount: 100, "
    "from: 2026-03-01, to: 2026-03-31, filter: {product_code: P}BUDGET}]"
)


def spiff(budget: str, events: list):
    done = run(plan_of(flat("0"), extra=SPIFF.replace("BUDGET", budget)), events, "AB", through="2026-04")
    return [(line.payee_no, line.posting_period, str(line.amount)) for line in done.lines if line.entry_type == "SPIFF"], notes(
        done
    )


def units(event_id: str, on: str, count: int, owner: str = "A", **more: object):
    return order(event_id, on, str(count * 10), owner, quantity=Decimal(count), product_code="P", **more)


def test_a_spiff_pays_per_unit_inside_its_window_and_a_return_takes_it_back() -> None:
    events = [units("T1", "03-31", 37), units("T2", "04-01", 5), units("R1", "04-10", -7, original_event_id="T1")]
    assert spiff("", events) == ([("A", "2026-03", "3700.00"), ("A", "2026-04", "-700.00")], [])


def test_a_spiff_budget_is_first_come_and_what_is_returned_is_free_again() -> None:
    events = [
        units("T1", "03-01", 30),
        units("T2", "03-02", 30, "B"),
        units("R1", "03-03", -10, original_event_id="T1"),
        units("T3", "03-04", 4, "B"),
    ]
    assert spiff(", budget: 5000", events) == (
        [("A", "2026-03", "3000.00"), ("A", "2026-03", "-1000.00"), ("B", "2026-03", "2000.00"), ("B", "2026-03", "400.00")],
        [("spiff_budget", "T2")],
    )


CHAMPION = "award: {monthly_champion: {prize: 2000.01, rank_by: collected_ex_tax, gates: [overdue<=0.20], ties: TIES}}"


def champions(ties: str, *figures: Figure, more: str = ""):
    plan = plan_of(flat("0"), extra=CHAMPION.replace("TIES", ties + more))
    done = run(plan, [], "ABC", figures=figures, through="2026-12")
    return [(line.posting_period, line.payee_no, str(line.amount)) for line in done.lines], notes(done)


def ranked(payee: str, value: str, overdue: str = "0.1", reached: str | None = None, month: str = "2026-01") -> list[Figure]:
    return [figure(payee, month, "collected_ex_tax", value, reached), figure(payee, month, "overdue_ratio", overdue)]


def test_the_champion_must_pass_the_gate() -> None:
    assert champions("[split]", *ranked("A", "9", "0.3"), *ranked("B", "8")) == ([("2026-01", "B", "2000.01")], [])


def test_equal_champions_are_told_apart_by_the_tie_rule() -> None:
    both = [*ranked("A", "9", reached="01-20"), *ranked("B", "9", reached="01-19")]
    assert champions("[earlier_date, split]", *both)[0] == [("2026-01", "B", "2000.01")]
    assert champions("[split]", *both)[0] == [("2026-01", "A", "1000.01"), ("2026-01", "B", "1000.00")]
    assert champions("[gross_margin]", *both) == ([], [("champion_tie", "2026-01")])
    margins = [figure("A", "2026-01", "gross_margin", "3"), figure("B", "2026-01", "gross_margin", "2")]
    assert champions("[gross_margin, split]", *both, *margins)[0] == [("2026-01", "A", "2000.01")]


def test_a_repeat_winner_may_have_to_wait() -> None:
    table = [
        row
        for month in ("2026-01", "2026-02", "2026-03")
        for row in (*ranked("A", "9", month=month), *ranked("B", "8", month=month))
    ]
    assert [row[1] for row in champions("[split]", *table, more=", repeat_after_months: 1")[0]] == ["A", "B", "A"]


def test_a_pool_is_divided_by_share_and_days_to_the_cent() -> None:
    plan = plan_of(flat("0"), extra="pools: [{id: team, amount: 100, per: quarter}]")
    members = tuple(
        PoolMember(pool_id="team", period="2026-Q1", payee_no=payee, share=Decimal(1), days=number)
        for payee, number in (("A", 30), ("B", 30), ("C", 30), ("D", 0))
    )
    done = run(plan, [], "ABCD", pool_members=members)
    assert [(line.payee_no, line.posting_period, str(line.amount)) for line in done.lines] == [
        ("A", "2026-03", "33.34"),
        ("B", "2026-03", "33.33"),
        ("C", "2026-03", "33.33"),
    ]


@pytest.mark.parametrize("missing", ["evidence", "approved_by", "signature", "own"])
def test_a_penalty_needs_its_paper(missing: str) -> None:
    plan = plan_of(flat("0.01"), extra="penalties: [{id: late, clause: 逾期未交报告, max_amount: 200}]")
    penalty = Penalty(
        payee_no="A",
        month="2026-01",
        clause_id="late",
        amount=Decimal(300),
        evidence=None if missing == "evidence" else "late.pdf",
        approved_by=None if missing == "approved_by" else "A" if missing == "own" else "E900",
    )
    accepted = (Acceptance(payee_no="A", plan_id="p", version=1, accepted_on=day("01-01")),)
    done = run(plan, [], penalties=(penalty,), acceptances=() if missing == "signature" else accepted, through="2026-01")
    assert (lines(done), notes(done)) == ([], [("penalty_without_paper", "A 2026-01")])


# draws, debts


def test_a_penalty_is_taken_within_the_clause_and_the_law() -> None:
    plan = plan_of(
        flat("0.01"), extra="penalties: [{id: late, clause: 逾期未交报告, max_amount: 200}]\nrecovery: {minimum_wage: 2690}"
    )
    told = {
        "penalties": (
            Penalty(
                payee_no="A", month="2026-01", clause_id="late", amount=Decimal(300), evidence="late.pdf", approved_by="E900"
            ),
        ),
        "acceptances": (Acceptance(payee_no="A", plan_id="p", version=1, accepted_on=day("01-01")),),
        "wages": tuple(Wage(payee_no="A", month=month, wages=Decimal(2800)) for month in MONTHS),
    }
    done = run(plan, [order("T1", "01-10", "100000")], **told, through="2026-03")
    assert paid(done, MONTHS[:3]) == ["890.00", "-90.00", "0"]


def test_a_draw_ends_with_the_ramp_and_an_open_one_becomes_a_debt_of_the_leaver() -> None:
    ramp = plan_of(flat("0.01"), extra="draw: {kind: non_recoverable, amount: 1000, first_months: 2}")
    hired = (Person(payee_no="A", valid_from=day("01-15"), hire_date=day("01-15")),)
    assert paid(
        run(
            ramp,
            [],
            people=hired,
            assignments=(Assignment(payee_no="A", plan_id="p", valid_from=day("01-15")),),
            through="2026-03",
        ),
        MONTHS[:3],
    ) == [
        "1000",
        "1000",
        "0",
    ]
    plan = plan_of(flat("0.01"), extra="draw: {kind: recoverable, amount: 1000, recover_from: 2026-06}")
    told = {
        "people": (Person(payee_no="A", valid_from=date(2025, 1, 1), leave_date=day("02-10")),),
        "wages": (Wage(payee_no="A", month="2026-02", wages=Decimal(3000)),),
        "assignments": (Assignment(payee_no="A", plan_id="p", valid_from=day("01-01")),),
    }
    done = run(plan, [], **told, through="2026-02")
    assert paid(done, MONTHS[:2]) == ["1000", "400.00"]
    assert (done.balance("A", "draw", "2026-02"), done.balance("A", "clawback", "2026-02")) == (
        Decimal("-1000"),
        Decimal("-400.00"),
    )


def test_calculating_is_the_same_for_any_order_of_plans() -> None:
    one, two = plan_of(flat("0.01")), plan_of(flat("0.02")).model_copy(update={"plan": "q"})
    told = facts_of([order("T1", "01-10", "1000")])
    assert calculate([one, two], told, "2026-12").lines == calculate([two, one], told, "2026-12").lines


def test_half_a_cent_goes_away_from_zero_so_that_a_reversal_mirrors_its_original() -> None:
    events = [order("T1", "01-10", "100.50"), order("R1", "02-10", "-100.50", "B"), order("T2", "03-10", "250.50", "C")]
    done = run(plan_of(flat("0.01")), events, "ABC")
    assert cents_by_event(done) == {"T1": "1.01", "R1": "-1.01", "T2": "2.51"}


def test_half_the_cash_of_a_transaction_earns_half_of_its_whole_commission_whatever_the_tiers() -> None:
    plan = plan_of(rated("marginal", "transaction", TWO).replace("event: signed", "event: cash_applied"))
    events = [cash(f"C{number}", f"0{number}-10", "1500", transaction_total=Decimal(3000)) for number in (1, 2)]
    assert cents_by_event(run(plan, events)) == {"C1": "25.00", "C2": "25.00"}
    unknown = [cash(f"C{number}", f"0{number}-10", "1500") for number in (1, 2)]
    assert cents_by_event(run(plan, unknown)) == {"C1": "20.00", "C2": "30.00"}


@pytest.mark.parametrize(
    ("measure", "cents"),
    [
        ("amount_incl_tax", ["28.48", "28.47"]),
        ("gross_margin", ["3.00", "3.00"]),
        ("quantity", ["0.05", "0.05"]),
        ("count", ["0.01", "0.01"]),
    ],
)
def test_a_part_payment_is_held_to_the_whole_of_what_is_measured(measure: str, cents: list[str]) -> None:
    component = rated("marginal", "transaction", TWO, more=f"measure: {measure}")
    plan = plan_of(component.replace("event: signed", "event: cash_applied"))
    parts = {"amount_incl_tax": Decimal("1673.75"), "gross_margin": Decimal(300), "quantity": Decimal(5)}
    events = [cash(f"C{number}", f"0{number}-10", "1500", transaction_total=Decimal(3000), **parts) for number in (1, 2)]
    assert list(cents_by_event(run(plan, events)).values()) == cents


def test_a_shut_gate_does_not_hold_what_is_owed_back() -> None:
    plan = plan_of(flat("0.01"), extra=GATE.format(then="zero"))
    shut = (figure("A", "2026-01", "overdue_ratio", "0"), figure("A", "2026-02", "overdue_ratio", "1"))
    done = run(
        plan,
        [order("T1", "01-10", "1000"), order("R1", "02-10", "-400", original_event_id="T1")],
        figures=shut,
        through="2026-02",
    )
    assert [line for line in lines(done) if line[1] in ("EARN", "HOLD")] == [
        ("2026-01", "EARN", "10.00"),
        ("2026-02", "EARN", "-4.00"),
    ]


def test_the_legal_limit_is_never_rounded_up() -> None:
    wages = (Wage(payee_no="A", month="2026-02", wages=Decimal("3333.33")),)
    done = run(plan_of(flat("0.01")), [order("R1", "02-10", "-100000")], wages=wages, through="2026-02")
    assert paid(done, MONTHS[1:2]) == ["-666.66"]


def adjusted(events: list, through: str, splits: tuple[Split, ...] = ()) -> list[tuple[str, str, str, str]]:
    """What closing April posts after March was closed with T1 of 1000."""
    plan = plan_of(rated(table=TWO, more="refund: {mode: recompute_origin, window_days: 180}"))
    march = calculate([plan], facts_of([order("T1", "03-10", "1000")], "A"), "2026-03")
    posted: list[Entry] = []
    for draft in shadow_drafts(march, [], "2026-03", {}):
        posted.append(
            Entry.posted(draft, number=1, approved_by="E901", posted_at=datetime(2026, 4, 3, tzinfo=UTC), prev="0" * 64)
        )
    done = calculate([plan], facts_of(events, "AB", splits=splits), through)
    drafts = shadow_drafts(done, posted, "2026-04", {"2026-03": day("04-03")})
    return [(line.payee_no, line.entry_type, line.origin_period, str(line.amount)) for line in drafts]


def test_a_refund_of_a_later_month_adjusts_nothing_yet_and_one_of_this_month_is_taken_once() -> None:
    sale = order("T1", "03-10", "1000")
    assert adjusted([sale, order("R1", "06-10", "-500", original_event_id="T1")], "2026-12") == []
    assert adjusted([sale, order("R1", "04-10", "-500", original_event_id="T1")], "2026-12") == [
        ("A", "CLAWBACK", "2026-03", "-5.00"),
        ("A", "CLAWBACK_RECOVERY", "2026-04", "5.00"),
    ]


@pytest.mark.parametrize(("decided", "kind"), [("04-02", "ADJ_DATA"), ("04-04", "ADJ_SPLIT")])
def test_an_adjustment_is_a_split_only_when_the_split_came_after_the_close(decided: str, kind: str) -> None:
    splits = tuple(Split(transaction_id="T1", payee_no=payee, share=Decimal("0.5"), decided_on=day(decided)) for payee in "AB")
    found = adjusted([order("T1", "03-10", "1000")], "2026-04", splits)
    assert [line for line in found if line[1].startswith("ADJ")] == [
        ("A", kind, "2026-03", "-5.00"),
        ("B", kind, "2026-03", "5.00"),
    ]


def test_an_order_of_several_lines_is_read_once_whole_or_line_by_line() -> None:
    lines = [
        order("O1", "02-01", "100", grain="whole"),
        order("O1:1", "02-01", "60", transaction_id="O1", grain="line", product_line="A"),
        order("O1:2", "02-01", "40", transaction_id="O1", grain="line", product_line="B"),
        order("O2", "02-02", "10", product_line="B"),
    ]
    assert amounts(run(plan_of(flat("0.10")), lines)) == {"2026-02": "11.00"}
    assert amounts(run(plan_of(flat("0.10", "filter: {product_line: B}")), lines)) == {"2026-02": "5.00"}
    assert amounts(run(plan_of(flat("0.10", "measure: count")), lines)) == {"2026-02": "0.20"}
