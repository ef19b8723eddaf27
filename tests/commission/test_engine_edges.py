"""Rules of C3 where they meet: refunds after people moved, plans that change inside a period, shares told twice, deep chains.

Add an edge that two readers of the specification could read differently, with figures that can be checked by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from commission.engine import (
    Acceptance,
    Assignment,
    Figure,
    FxRate,
    Handover,
    Penalty,
    Person,
    PoolMember,
    Quota,
    Split,
    Wage,
    calculate,
    shadow_drafts,
)
from commission.ledger import Draft, Entry
from commission.plan import Plan
from tests.commission.commission_cases import (
    amounts,
    cash,
    cents_by_event,
    day,
    facts_of,
    flat,
    lines,
    order,
    plan_of,
    rated,
    run,
)

TWO = "[{from: 0, to: 1000, rate: 0.01}, {from: 1000, rate: 0.02}]"
LONG_AGO = date(2025, 1, 1)
MODES = ("recompute_origin", "original_attribution", "current_credit")


def refund(mode: str) -> str:
    return f"refund: {{mode: {mode}, window_days: 180}}"


# who answers for a refund


@pytest.mark.parametrize(("mode", "answers"), [("recompute_origin", "A"), ("original_attribution", "A"), ("current_credit", "B")])
def test_a_refund_is_taken_back_from_whoever_was_credited_not_from_who_owns_the_deal_by_now(mode: str, answers: str) -> None:
    plan = plan_of(flat("0.01", f"credit: {{primary: owner_at_event}}, {refund(mode)}"))
    sale = order("T1", "01-10", "1000", owner_at_event="A")
    back = order("R1", "03-10", "-1000", original_event_id="T1", owner_at_event="B")
    done = run(plan, [sale, back], "AB")
    assert amounts(done, answers)["2026-03"] == "-10.00"
    assert [row.payee_no for row in done.credits] == ["A", answers]
    assert [note.rule for note in done.notes if note.rule == "original_unknown"] == []


@pytest.mark.parametrize("mode", MODES[:2])
def test_shares_decided_after_the_sale_do_not_share_its_refund(mode: str) -> None:
    shared = tuple(
        Split(transaction_id="T1", payee_no=payee, share=Decimal(share), valid_from=day("02-01"))
        for payee, share in (("A", "0.7"), ("B", "0.3"))
    )
    back = order("R1", "03-10", "-1000", original_event_id="T1", transaction_id="T1")
    done = run(plan_of(flat("0.01", refund(mode))), [order("T1", "01-10", "1000"), back], "AB", splits=shared)
    assert (amounts(done, "A"), amounts(done, "B")) == ({"2026-01": "10.00", "2026-03": "-10.00"}, {})


@pytest.mark.parametrize("mode", MODES[:2])
def test_an_override_is_taken_back_from_the_manager_who_had_it(mode: str) -> None:
    people = (
        Person(payee_no="A", manager_no="M", valid_from=LONG_AGO, valid_to=day("01-31")),
        Person(payee_no="A", manager_no="N", valid_from=day("02-01")),
    )
    plan = plan_of(flat("0.01", f"credit: {{override: {{levels: 1}}}}, {refund(mode)}"))
    back = order("R1", "03-10", "-1000", original_event_id="T1")
    done = run(plan, [order("T1", "01-10", "1000"), back], "AMN", people=people)
    assert (amounts(done, "M"), amounts(done, "N")) == ({"2026-01": "10.00", "2026-03": "-10.00"}, {})


@pytest.mark.parametrize("pending", ["new_owner", "forfeit"])
def test_a_leaver_answers_for_refunds_of_what_they_were_paid(pending: str) -> None:
    """The successor never had it, and nothing is forgiven because somebody left."""
    people = (Person(payee_no="A", role="rep", valid_from=LONG_AGO, leave_date=day("01-31")),)
    plan = plan_of(
        flat("0.01", refund("recompute_origin"), "cash_applied"),
        extra=f"leaver: {{grace_days: 0, pending: {pending}}}\neligible: {{role: rep, employment: active_on_date}}",
    )
    events = [cash("C1", "01-31", "1000"), cash("R1", "03-10", "-1000", original_event_id="C1")]
    done = run(plan, events, "AB", people=people, handovers=(Handover(leaver_no="A", successor_no="B"),))
    assert (amounts(done, "A"), amounts(done, "B")) == ({"2026-01": "10.00", "2026-03": "-10.00"}, {})
    assert done.balance("A", "clawback", "2026-12") == Decimal("-10.00")


@pytest.mark.parametrize("policy", ["signed_date", "event_date", "month_average"])
@pytest.mark.parametrize("mode", MODES[:2])
def test_a_refund_in_foreign_money_takes_back_at_the_rate_it_was_paid_at(mode: str, policy: str) -> None:
    rates = tuple(
        FxRate(rate_type="SAFE_mid", currency="USD", rate_date=day(on), rate=Decimal(rate))
        for on, rate in (("01-05", "7.0"), ("02-05", "7.2"), ("03-05", "7.4"))
    )
    plan = plan_of(flat("0.03", refund(mode), "cash_applied"), extra=f"fx: {{rate: {policy}, type: SAFE_mid}}")
    paid = cash("C1", "02-10", "1000", currency="USD", signed_date=day("01-10"))
    back = cash("R1", "03-10", "-1000", currency="USD", signed_date=None, original_event_id="C1")
    assert sum(row.amount for row in run(plan, [paid, back], fx_rates=rates).earnings) == 0


@pytest.mark.parametrize(
    ("mode", "pay"), [("recompute_origin", "-15.00"), ("original_attribution", "-10.00"), ("current_credit", "-15.00")]
)
def test_a_refund_of_more_than_was_paid(mode: str, pay: str) -> None:
    """What the event earned and no more goes back by attribution; as a base, less than nothing pays less than nothing."""
    back = order("R1", "03-10", "-1500", original_event_id="T1")
    assert amounts(run(plan_of(flat("0.01", refund(mode))), [order("T1", "01-10", "1000"), back]))["2026-03"] == pay


# shares told twice, handovers on one day, deep chains


def test_two_rows_of_the_split_table_for_one_person_are_one_share() -> None:
    parts = (("A", "0.4"), ("A", "0.3"), ("B", "0.3"))
    splits = tuple(Split(transaction_id="T1", payee_no=payee, share=Decimal(share)) for payee, share in parts)
    plan = plan_of(rated(table=TWO, more=refund("recompute_origin")))
    back = order("R1", "02-10", "-1000", original_event_id="T1", transaction_id="T1")
    done = run(plan, [order("T1", "01-10", "1000"), back], "AB", splits=splits)
    assert [(row.event_id, row.payee_no, str(row.share)) for row in done.credits] == [
        ("T1", "A", "0.7"),
        ("T1", "B", "0.3"),
        ("R1", "A", "0.7"),
        ("R1", "B", "0.3"),
    ]
    assert (amounts(done, "A"), amounts(done, "B")) == (
        {"2026-01": "7.00", "2026-02": "-7.00"},
        {"2026-01": "3.00", "2026-02": "-3.00"},
    )


def test_an_overlay_of_the_table_and_one_of_the_plan_add_up() -> None:
    splits = (Split(transaction_id="T1", payee_no="B", share=Decimal("0.2"), is_overlay=True),)
    plan = plan_of(flat("0.01", "credit: {overlays: [{payee: B, share: 0.1, when: {product_line: A}}]}"))
    done = run(plan, [order("T1", "01-10", "1000", product_line="A")], "AB", splits=splits)
    assert (amounts(done, "A"), amounts(done, "B")) == ({"2026-01": "10.00"}, {"2026-01": "3.00"})


def test_a_spiff_and_a_pool_give_one_person_told_twice_one_part() -> None:
    splits = tuple(Split(transaction_id="T1", payee_no=payee, share=Decimal("0.5")) for payee in "AA")
    spiff = "spiffs: [{id: unit, event: signed, per: deal, amount: 100, from: 2026-01-01, to: 2026-12-31}]"
    pool = "pools: [{id: team, amount: 100, per: month}]"
    members = tuple(
        PoolMember(pool_id="team", period="2026-01", payee_no=payee, share=Decimal(share), days=30)
        for payee, share in (("A", "1"), ("A", "1"), ("B", "1"))
    )
    plan = plan_of(flat("0"), extra=f"{spiff}\n{pool}")
    done = run(plan, [order("T1", "01-10", "1000")], "AB", splits=splits, pool_members=members)
    assert (lines(done, "A"), lines(done, "B")) == (
        [("2026-01", "AWARD", "66.67"), ("2026-01", "SPIFF", "100.00")],
        [("2026-01", "AWARD", "33.33")],
    )


HANDED = (
    Handover(leaver_no="A", successor_no="C", valid_from=day("03-01"), valid_to=day("04-30")),
    Handover(leaver_no="A", successor_no="D", valid_from=day("06-01")),
    Handover(leaver_no="A", successor_no="B", valid_from=day("06-01")),
    Handover(leaver_no="A", successor_no="E", transaction_id="O9"),
)


@pytest.mark.parametrize(
    ("on", "order_no", "successor"),
    [
        ("02-10", "O1", "C"),  # before the first begins, the first
        ("04-30", "O1", "C"),
        ("05-01", "O1", None),  # ended, and the next has not begun
        ("06-01", "O1", "B"),  # two begin on one day: the smaller number
        ("06-01", "O9", "E"),  # for one order before for all
    ],
)
def test_money_after_leaving_goes_to_who_took_over_by_that_day(on: str, order_no: str, successor: str | None) -> None:
    people = (Person(payee_no="A", valid_from=LONG_AGO, leave_date=day("01-31")),)
    plan = plan_of(flat("0.01", event="cash_applied"), extra="leaver: {grace_days: 0, pending: new_owner}")
    for handed in (HANDED, HANDED[::-1]):
        done = run(plan, [cash("C1", on, "1000", order_no)], "ABCDE", people=people, handovers=handed)
        assert [row.payee_no for row in done.credits] == ([successor] if successor else [])


def test_an_override_goes_up_the_whole_chain_and_round_it_once() -> None:
    names = [f"M{number:02d}" for number in range(20)]
    people = tuple(
        Person(payee_no=below, manager_no=above, valid_from=LONG_AGO)
        for below, above in zip(["A", *names], [*names, "M00"], strict=True)
    )
    plan = plan_of(flat("0.001", "credit: {override: {levels: null}}"))
    done = run(plan, [order("T1", "01-10", "1000")], ("A", *names), people=people)
    assert [row.payee_no for row in done.credits] == names


# a plan that changes inside a period


def test_a_prize_of_a_month_in_which_the_plan_changed_is_given_once_by_the_version_at_its_end() -> None:
    award = "award: {{monthly_champion: {{prize: {prize}, rank_by: signed_ex_tax, ties: [split]}}}}"
    pool = "pools: [{{id: team, amount: {prize}, per: month}}]"
    old, new = (
        plan_of(flat("0"), version=number, valid=valid, extra=f"{award}\n{pool}".format(prize=prize))
        for number, valid, prize in (
            (1, "{from: 2026-01-01, to: 2026-02-14}", 100),
            (2, "{from: 2026-02-15, to: 2026-03-10}", 200),
        )
    )
    figures = tuple(
        Figure(payee_no="A", period=period, name="signed_ex_tax", value=Decimal(1))
        for period in ("2026-01", "2026-02", "2026-03")
    )
    members = tuple(PoolMember(pool_id="team", period=one.period, payee_no="A", share=Decimal(1), days=1) for one in figures)
    done = run([old, new], [], figures=figures, pool_members=members)
    assert lines(done) == [
        ("2026-01", "AWARD", "100.00"),
        ("2026-01", "AWARD", "100.00"),
        ("2026-02", "AWARD", "200.00"),
        ("2026-02", "AWARD", "200.00"),
        ("2026-03", "AWARD", "200.00"),
        ("2026-03", "AWARD", "200.00"),
    ]


def turned(old: str, new: str) -> list[Plan]:
    """A plan without pay that becomes another on 15 February."""
    valid = ("{from: 2026-01-01, to: 2026-02-14}", "{from: 2026-02-15, to: 2026-12-31}")
    return [plan_of(flat("0"), version=number, valid=valid[number - 1], extra=extra) for number, extra in ((1, old), (2, new))]


def test_a_prize_per_deal_has_one_budget_before_and_after_the_plan_changes() -> None:
    prize = "spiffs: [{{id: spf, event: signed, per: deal, amount: {}, from: 2026-01-01, to: 2026-12-31, budget: {}}}]"
    events = [
        *(order(f"T{number}", on, "10") for number, on in enumerate(("01-10", "02-10", "02-20", "03-01"), start=1)),
        order("R1", "03-05", "-10", transaction_id="T1", original_event_id="T1"),
        order("T5", "03-10", "10"),
    ]
    done = run(turned(prize.format(100, 250), prize.format(120, 300)), events)
    assert [(line.posting_period, line.origin_period, str(line.amount), line.reason) for line in done.lines] == [
        ("2026-01", "2026-01", "100.00", "单品奖 T1"),
        ("2026-02", "2026-02", "100.00", "单品奖 T2"),
        ("2026-02", "2026-02", "100.00", "单品奖 T3"),
        ("2026-03", "2026-01", "-100.00", "单品奖 R1"),
        ("2026-03", "2026-03", "100.00", "单品奖 T5"),
    ]


def test_who_won_under_one_version_waits_and_is_excluded_under_the_next() -> None:
    monthly = "monthly_champion: {prize: 100, rank_by: signed_ex_tax, ties: [split], repeat_after_months: 1}"
    quarterly = "quarterly_champion: {prize: 500, rank_by: signed_ex_tax, ties: [split], exclude_winners_of: [monthly_champion]}"
    award = f"award: {{{monthly}, {quarterly}}}"
    figures = tuple(
        Figure(payee_no=payee, period=period, name="signed_ex_tax", value=Decimal(value))
        for period in ("2026-01", "2026-02", "2026-Q1")
        for payee, value in (("A", 9), ("B", 8), ("C", 7))
    )
    done = run(turned(award, award), [], "ABC", figures=figures)
    assert [(line.posting_period, line.payee_no, str(line.amount)) for line in done.lines] == [
        ("2026-01", "A", "100.00"),
        ("2026-02", "B", "100.00"),
        ("2026-03", "C", "500.00"),
    ]


@pytest.mark.parametrize(
    ("share", "taken"),
    [
        ("0.20", {"p": {"2026-01": "600.00", "2026-02": "200.00"}, "q": {"2026-02": "300.00"}}),
        ("0.10", {"p": {"2026-01": "600.00", "2026-02": "200.00"}, "q": {"2026-02": "100.00", "2026-03": "200.00"}}),
    ],
)
def test_the_legal_limit_is_one_persons_by_the_strictest_of_their_plans(share: str, taken: dict[str, dict[str, str]]) -> None:
    first = plan_of(flat("0"), extra="penalties: [{id: late, clause: 逾期, max_amount: 800}]")
    extra = f"penalties: [{{id: slow, clause: 延误, max_amount: 300}}]\nrecovery: {{wage_share: {share}}}"
    second = plan_of(flat("0"), extra=extra).model_copy(update={"plan": "q"})
    told = {
        "penalties": tuple(
            Penalty(payee_no="A", month=month, clause_id=clause, amount=Decimal(900), evidence="e.pdf", approved_by="E900")
            for month, clause in (("2026-01", "late"), ("2026-02", "slow"))
        ),
        "acceptances": tuple(Acceptance(payee_no="A", plan_id=plan, version=1, accepted_on=day("01-01")) for plan in "pq"),
        "assignments": tuple(
            Assignment(payee_no="A", plan_id=plan, valid_from=day(begins)) for plan, begins in (("p", "01-01"), ("q", "02-01"))
        ),
        "wages": tuple(Wage(payee_no="A", month=f"2026-{month:02d}", wages=Decimal(3000)) for month in range(1, 7)),
    }
    done = run([first, second], [], **told, through="2026-06")
    found: dict[str, dict[str, str]] = {"p": {}, "q": {}}
    for line in done.lines:
        if line.entry_type == "CLAWBACK_RECOVERY" and line.amount < 0:
            found[line.plan_id][line.posting_period] = str(-line.amount)
    assert found == taken


@pytest.mark.parametrize(("by", "quota"), [("event_date", ["90", "180"]), ("signed_date", ["270", "270"])])
def test_a_version_that_holds_a_part_of_the_quarter_has_that_part_of_quota_and_target_pay(by: str, quota: list[str]) -> None:
    """January under the old version, the rest under the new; what is locked at signature asks for no days of its version."""
    component = (
        f"id: base, event: signed, accumulate: quarter, plan_version_by: {by}, "
        "rate: {kind: attainment, target_pay: 9000, boundary: lower_inclusive, table: [{from: 0, to: 1, x: 1}, {from: 1, x: 2}]}"
    )
    extra = "quota: {source: targets, measure: 签约额}"
    old = plan_of(component, valid="{from: 2026-01-01, to: 2026-01-30}", extra=extra)
    new = plan_of(component, version=2, valid="{from: 2026-01-31}", extra=extra)
    whole = Quota(payee_no="A", measure="签约额", first_day=day("01-01"), last_day=day("03-31"), amount=Decimal(270))
    done = run([old, new], [order("T1", "01-10", "90"), order("T2", "02-10", "180")], quotas=(whole,))
    assert [str(row.quota) for row in done.earnings] == quota
    assert [str(row.amount) for row in done.earnings] == ["3000.00", "6000.00"]


# what stands posted


def entry(number: int, **said: object) -> Entry:
    draft = Draft(payee_no="A", plan_id="p", component_id="base", **said)  # type: ignore[arg-type]
    return Entry.posted(draft, number=number, approved_by="E901", posted_at=datetime(2026, 5, 1, tzinfo=UTC), prev="0" * 64)


def test_a_partly_posted_open_month_takes_a_clawback_back_once() -> None:
    plan = plan_of(flat("0.01", refund("recompute_origin")))
    events = [order("T1", "01-10", "1000"), order("R1", "02-10", "-1000", original_event_id="T1")]
    done = calculate([plan], facts_of(events), "2026-02")
    stands = [
        entry(1, entry_type="EARN", origin_period="2026-01", posting_period="2026-01", amount=Decimal("10.00")),
        entry(2, entry_type="CLAWBACK", origin_period="2026-01", posting_period="2026-02", amount=Decimal("-4.00")),
    ]
    drafts = shadow_drafts(done, stands, "2026-02", {"2026-01": day("01-31")})
    assert [(one.entry_type, str(one.amount)) for one in drafts if one.component_id] == [("CLAWBACK", "-6.00")]


def test_what_was_guaranteed_is_nobodys_debt_when_later_draws_are_recoverable() -> None:
    draw = "draw: {{kind: {kind}, amount: 100}}"
    old = plan_of(flat("0.01"), valid="{from: 2026-01-01, to: 2026-01-31}", extra=draw.format(kind="non_recoverable"))
    new = plan_of(flat("0.01"), version=2, valid="{from: 2026-02-01}", extra=draw.format(kind="recoverable"))
    facts = facts_of([order("T1", "02-10", "50000")], wages=(Wage(payee_no="A", month="2026-02", wages=Decimal(9000)),))
    done = calculate([old, new], facts, "2026-02")
    assert lines(done) == [("2026-01", "DRAW", "100"), ("2026-02", "EARN", "500.00")]
    stands = [
        Entry.posted(done.lines[0], number=1, approved_by="E901", posted_at=datetime(2026, 2, 1, tzinfo=UTC), prev="0" * 64)
    ]
    drafts = shadow_drafts(done, stands, "2026-02", {"2026-01": day("01-31")})
    assert [(one.entry_type, str(one.amount)) for one in drafts] == [("EARN", "500.00")]


@pytest.mark.parametrize(("seen", "reason"), [("02-05", "迟到事实"), ("02-06", "倒填事实")])
def test_a_late_event_and_a_backdated_one_are_told_apart(seen: str, reason: str) -> None:
    done = calculate([plan_of(flat("0.01"))], facts_of([order("T1", "01-31", "1000", first_seen_on=day(seen))]), "2026-02")
    drafts = shadow_drafts(done, [], "2026-02", {"2026-01": day("02-02")})
    assert [(one.entry_type, one.origin_period, one.reason, str(one.amount)) for one in drafts] == [
        ("ADJ_DATA", "2026-01", reason, "10.00")
    ]


# nothing there


@pytest.mark.parametrize("amount", ["0", "-500"])
def test_a_month_of_nothing_or_less_earns_what_its_rate_says(amount: str) -> None:
    done = run(plan_of(rated("marginal", "month", TWO)), [order("T1", "01-10", amount)])
    assert cents_by_event(done) == {"T1": f"{Decimal(amount) / 100:.2f}"}


def test_a_pool_without_members_or_days_pays_nobody() -> None:
    member = PoolMember(pool_id="team", period="2026-01", payee_no="A", share=Decimal(1), days=0)
    plan = plan_of(flat("0"), extra="pools: [{id: team, amount: 100, per: month}]")
    assert [lines(run(plan, [], pool_members=members)) for members in ((), (member,))] == [[], []]


def test_an_assignment_that_ends_on_the_day_of_the_event_still_counts() -> None:
    under = (Assignment(payee_no="A", plan_id="p", valid_from=day("01-10"), valid_to=day("01-10")),)
    done = run(plan_of(flat("0.01")), [order(f"T{on}", f"01-{on}", "1000") for on in ("09", "10", "11")], assignments=under)
    assert cents_by_event(done) == {"T10": "10.00"}


def test_a_draw_that_is_written_off_on_leaving_is_said_and_owed_no_more() -> None:
    people = (Person(payee_no="A", valid_from=LONG_AGO, leave_date=day("02-20")),)
    plan = plan_of(flat("0.01"), extra="draw: {kind: recoverable, amount: 100, on_leave: write_off}")
    done = run(plan, [], people=people, through="2026-03")
    assert lines(done) == [
        ("2026-01", "DRAW", "100"),
        ("2026-02", "DRAW", "100"),
        ("2026-02", "DRAW_RECOVERY", "-100"),
        ("2026-02", "WRITE_OFF", "100"),
        ("2026-03", "DRAW_RECOVERY", "-100"),
        ("2026-03", "WRITE_OFF", "100"),
    ]
    assert done.balance("A", "draw", "2026-03") == 0
