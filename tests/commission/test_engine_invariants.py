"""The invariants of C9 on generated plans, events, refunds, splits and orders of arrival.

Add an invariant as a property of any world; figures of one case belong to the examples or the rules.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commission.engine import Event, Milestone, Person, Split, Wage, calculate, shadow_drafts
from commission.engine.money import cents, largest_remainder, part_payment_bases, telescoped
from commission.engine.rating import earned
from commission.engine.settling import KEPT_AS
from commission.ledger import Entry
from commission.plan import Plan
from tests.commission.commission_cases import cash, facts_of, flat, order, plan_of, rated

CASES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FAST = settings(max_examples=200, deadline=None)

amounts = st.integers(1, 80_000_000).map(lambda number: Decimal(number) / 100)
days = st.integers(0, 180).map(lambda number: (date(2026, 1, 1) + timedelta(days=number)).isoformat())


@st.composite
def tables(draw: st.DrawFn, rising: bool = False) -> str:
    starts = [0, *sorted(draw(st.sets(st.integers(1, 900_000), min_size=0, max_size=4)))]
    rates = draw(st.lists(st.integers(0, 9999), min_size=len(starts), max_size=len(starts)))
    rates = sorted(rates) if rising else rates
    ends = [f"to: {end}, " for end in starts[1:]] + [""]
    rows = [
        f"{{from: {start}, {end}rate: {Decimal(rate) / 100000:f}}}" for start, end, rate in zip(starts, ends, rates, strict=True)
    ]
    return f"[{', '.join(rows)}]"


@st.composite
def components(draw: st.DrawFn, mode: str | None = None) -> str:
    window = draw(st.sampled_from(["transaction", "month", "quarter", "year"]))
    more = [f"refund: {{mode: {mode}, window_days: 400}}"] if mode else []
    if draw(st.booleans()):
        on = draw(st.sampled_from(["credit", "earning"]))
        more.append(f"multipliers: [{{name: 新签, on: {on}, when: {{customer_class: new}}, x: 1.2}}]")
    kind = draw(st.sampled_from(["flat", "marginal", "retroactive"]))
    if kind == "flat":
        return flat("0.0237", ", ".join(more))
    return rated(kind, window, draw(tables()), draw(st.sampled_from(["lower_inclusive", "upper_inclusive"])), ", ".join(more))


@st.composite
def orders(draw: st.DrawFn, refunds: bool = True) -> list[Event]:
    count = draw(st.integers(1, 9))
    found = [
        order(
            f"T{number}",
            draw(days),
            str(draw(amounts)),
            draw(st.sampled_from("AB")),
            customer_class=draw(st.sampled_from(["new", "renew"])),
        )
        for number in range(count)
    ]
    if refunds:
        for one in draw(st.lists(st.sampled_from(found), max_size=3, unique_by=lambda event: event.event_id)):
            back = cents(one.amount_ex_tax * draw(st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.333")])))
            later = one.event_date + timedelta(days=draw(st.integers(0, 150)))
            found.append(
                order(
                    f"R{one.event_id}",
                    later.isoformat(),
                    str(-back),
                    one.owner_at_signature or "",
                    original_event_id=one.event_id,
                )
            )
    return found


modes = st.sampled_from(["recompute_origin", "original_attribution", "current_credit"])


@CASES
@given(
    modes.flatmap(lambda mode: components(mode)),
    orders(),
    st.sampled_from(["carry_forward", "drop", "review"]),
    st.integers(0, 5000),
    st.randoms(),
)
def test_everything_adds_up_and_no_order_of_input_matters(
    component: str, events: list[Event], excess: str, cap: int, shuffler: random.Random
) -> None:
    plan = plan_of(
        f"{component}, cap: {{amount: {cap}, per: month, excess: {excess}}}, holdback: {{share: 0.30, release: accepted}}",
        extra="draw: {kind: recoverable, amount: 500, recover_from: 2026-03}",
    )
    told = {
        "milestones": (Milestone(transaction_id="T0", name="accepted", reached_on=date(2026, 6, 1)),),
        "wages": tuple(
            Wage(payee_no=payee, month=f"2026-{month:02d}", wages=Decimal(6000)) for payee in "AB" for month in range(1, 13)
        ),
    }
    done = calculate([plan], facts_of(events, "AB", **told), "2026-12")

    attributed: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for one in done.earning_events:
        attributed[one.payee_no, one.window, one.month] += one.amount
    assert attributed == {(row.payee_no, row.window, row.month): row.amount for row in done.earnings}

    capped = {"EARN", "CLAWBACK", "CAP_WITHHELD", "CAP_RELEASE", "WRITE_OFF"}
    withheld = {"cap_withheld", "cap_dropped", "cap_review", "holdback", "draw", "clawback"}
    for payee in "AB":
        for month in (f"2026-{number:02d}" for number in range(1, 13)):
            paid = sum(
                (line.amount for line in done.lines if line.payee_no == payee and line.posting_period <= month), Decimal(0)
            )
            earned_to_date = sum(
                (row.amount for row in done.earnings if row.payee_no == payee and row.month <= month), Decimal(0)
            )
            kept = sum((done.balance(payee, kind, month) for kind in withheld), Decimal(0))
            assert earned_to_date == paid + kept
            posted = [line for line in done.lines if (line.payee_no, line.posting_period) == (payee, month)]
            earned_and_capped = sum(
                (line.amount for line in posted if line.entry_type in capped),
                Decimal(0),
            )
            assert earned_and_capped <= cap
            recovered = -sum(
                (line.amount for line in posted if line.entry_type == "CLAWBACK_RECOVERY" and line.amount < 0), Decimal(0)
            )
            assert recovered <= Decimal("1200.00")

    mixed = list(events)
    shuffler.shuffle(mixed)
    again = calculate([plan], facts_of(mixed, "AB", **told), "2026-12")
    assert (again.lines, again.earning_events, again.balances) == (done.lines, done.earning_events, done.balances)


@CASES
@given(components("recompute_origin"), orders(refunds=False), amounts, st.integers(0, 80), st.integers(0, 9))
def test_an_event_and_its_full_refund_in_one_period_are_nothing(
    component: str, events: list[Event], amount: Decimal, at: int, apart: int
) -> None:
    plan = plan_of(component)
    first = date(2026, 1, 1) + timedelta(days=at)
    bought = order("T9X", first.isoformat(), str(amount), "A", customer_class="new")
    back = order(
        "R9X", (first + timedelta(days=apart)).isoformat(), str(-amount), "A", original_event_id="T9X", transaction_id="T9X"
    )
    without = calculate([plan], facts_of(events, "AB"), "2026-12")
    with_both = calculate([plan], facts_of([*events, bought, back], "AB"), "2026-12")
    assert sum(row.amount for row in without.earnings) == sum(row.amount for row in with_both.earnings)


@CASES
@given(components(), orders(), st.lists(st.integers(1, 99), min_size=1, max_size=4))
def test_shares_of_primary_and_splits_are_the_whole_event(component: str, events: list[Event], weights: list[int]) -> None:
    shares = dict(zip("ABCD", weights, strict=False))
    whole = sum(shares.values())
    parts = {payee: (Decimal(weight) / whole).quantize(Decimal("0.0001")) for payee, weight in shares.items()}
    parts["A"] += 1 - sum(parts.values())
    splits = tuple(Split(transaction_id="T0", payee_no=payee, share=share) for payee, share in parts.items())
    splits += (Split(transaction_id="T0", payee_no="E", share=Decimal("0.1"), is_overlay=True),)
    done = calculate([plan_of(component)], facts_of(events, "ABCDE", splits=splits), "2026-12")
    given_to: dict[str, Decimal] = defaultdict(Decimal)
    for row in done.credits:
        if row.role in ("primary", "split"):
            given_to[row.event_id] += row.share
    assert set(given_to.values()) == {Decimal(1)}
    assert {row.payee_no for row in done.credits if row.role == "overlay"} <= {"E"}


@FAST
@given(tables(rising=True), st.integers(0, 99_000_000), st.integers(0, 1_000_000))
def test_marginal_is_continuous_and_both_rise(table: str, base: int, more: int) -> None:
    low, high = Decimal(base) / 100, Decimal(base + more) / 100
    marginal = plan_of(rated("marginal", table=table)).components[0].rate
    for rate in (marginal, marginal.model_copy(update={"kind": "retroactive"})):
        assert earned(rate, low) <= earned(rate, high)
    highest = marginal.table[-1].rate
    assert earned(marginal, high) - earned(marginal, low) <= (high - low) * highest


@CASES
@given(
    tables(),
    amounts,
    st.integers(1, 99),
    st.sampled_from(["month", "quarter", "year"]),
    st.sampled_from(["marginal", "retroactive"]),
)
def test_one_invoice_cut_in_two_earns_the_same(table: str, amount: Decimal, percent: int, window: str, kind: str) -> None:
    part = cents(amount * percent / 100)
    plan = plan_of(rated(kind, window, table))
    whole = calculate([plan], facts_of([order("T1", "01-10", str(amount))]), "2026-12")
    halves = calculate([plan], facts_of([order("T1", "01-10", str(part)), order("T2", "01-11", str(amount - part))]), "2026-12")
    assert sum(row.amount for row in whole.earnings) == sum(row.amount for row in halves.earnings)


@st.composite
def payments(draw: st.DrawFn) -> tuple[Decimal, Decimal, list[Decimal]]:
    gross = draw(st.integers(2, 50_000_000))
    cuts = sorted(draw(st.sets(st.integers(1, gross - 1), max_size=min(6, gross - 1))))
    parts = [Decimal(end - start) / 100 for start, end in pairwise([0, *cuts, gross])]
    return Decimal(gross) / 100, cents(Decimal(gross) / 113), draw(st.permutations(parts))


@CASES
@given(
    payments(), tables(), st.sampled_from(["flat", "flat by transaction", "flat by month", "marginal", "retroactive"]), st.data()
)
def test_part_payments_in_any_partition_and_order_sum_to_the_whole(
    invoice: tuple[Decimal, Decimal, list[Decimal]], table: str, kind: str, data: st.DataObject
) -> None:
    gross, net, parts = invoice
    bases = part_payment_bases(net, gross, parts)
    if kind == "flat":
        component = flat("0.0311", event="cash_applied")
    elif kind.startswith("flat by"):
        component = flat("0.0311", f"accumulate: {kind.removeprefix('flat by ')}", event="cash_applied")
    else:
        component = rated(kind, "transaction", table).replace("event: signed", "event: cash_applied")
    plan = plan_of(component)
    on = sorted(data.draw(st.lists(days, min_size=len(parts), max_size=len(parts))))
    partly = [cash(f"C{number}", on[number], str(base), transaction_total=net) for number, base in enumerate(bases)]
    whole = calculate([plan], facts_of([cash("C", on[-1], str(net), transaction_total=net)]), "2026-12")
    done = calculate([plan], facts_of(partly), "2026-12")
    assert sum(row.amount for row in done.earnings) == sum(row.amount for row in whole.earnings)


@CASES
@given(components(), orders(), st.integers(1, 12))
def test_what_happens_tomorrow_changes_nothing_of_today(component: str, events: list[Event], month: int) -> None:
    through = f"2026-{month:02d}"
    plan = plan_of(component)
    today = calculate([plan], facts_of([one for one in events if one.event_date.month <= month], "AB"), through)
    tomorrow = calculate([plan], facts_of(events, "AB"), "2026-12")
    assert [line for line in tomorrow.lines if line.posting_period <= through] == today.lines


def chain_of(levels: int) -> tuple[Person, ...]:
    managers = {"A": "M1", "B": "M1", "C": "M2", "M1": "M3", "M2": "M3"}
    return tuple(Person(payee_no=payee, manager_no=manager, valid_from=date(2025, 1, 1)) for payee, manager in managers.items())[
        : levels + 5
    ]


@CASES
@given(st.integers(0, 100), st.integers(0, 100), amounts, st.sampled_from(["1", "2", "null"]))
def test_each_manager_chain_sees_each_event_once(first: int, second: int, amount: Decimal, levels: str) -> None:
    rest = max(0, 100 - first - second)
    weights = {"A": first, "B": min(second, 100 - first), "C": rest}
    splits = tuple(
        Split(transaction_id="T1", payee_no=payee, share=Decimal(weight) / 100) for payee, weight in weights.items() if weight
    )
    plan = plan_of(flat("0.01", f"credit: {{override: {{levels: {levels}}}}}"))
    facts = facts_of([order("T1", "01-10", str(amount))], ("A", "B", "C", "M1", "M2", "M3"), splits=splits, people=chain_of(5))
    shares = {row.payee_no: row.share for row in calculate([plan], facts, "2026-01").credits}
    under = {"M1": Decimal(weights["A"] + weights["B"]) / 100, "M2": Decimal(weights["C"]) / 100}
    expected = {manager: share for manager, share in under.items() if share} | ({} if levels == "1" else {"M3": Decimal(1)})
    assert shares == expected


def posted(plan: Plan, events: list[Event], month: str, before: list[Entry], closed: dict[str, date]) -> list[Entry]:
    done = calculate([plan], facts_of(events, "AB"), month)
    entries = list(before)
    for draft in shadow_drafts(done, before, month, closed):
        prev = entries[-1].entry_hash if entries else "0" * 64
        entries.append(
            Entry.posted(
                draft, number=len(entries) + 1, approved_by="E901", posted_at=datetime(2027, 1, 1, tzinfo=UTC), prev=prev
            )
        )
    return entries


@CASES
@given(
    modes.flatmap(lambda mode: components(mode)),
    orders(),
    st.integers(0, 8),
    st.sampled_from(["carry_forward", "drop", "review"]),
)
def test_late_facts_adjust_the_open_month_and_restate_to_a_clean_recomputation(
    component: str, events: list[Event], late: int, excess: str
) -> None:
    cap = f"cap: {{amount: 2000, per: month, excess: {excess}}}"
    plan = plan_of(f"{component}, {cap}, holdback: {{share: 0.30, release: accepted}}")
    entries: list[Entry] = []
    closed: dict[str, date] = {}
    for number in range(1, 13):
        month = f"2026-{number:02d}"
        known = [event for place, event in enumerate(events) if place != late or number > 7]
        known = [
            event
            for event in known
            if event.original_event_id is None or any(one.event_id == event.original_event_id for one in known)
        ]
        frozen = [entry for entry in entries if entry.posting_period < month]
        entries = posted(plan, known, month, entries, closed)
        assert [entry for entry in entries if entry.posting_period < month] == frozen
        closed[month] = date(2026, number, 28)
        if number <= 7:
            assert not [entry for entry in entries if entry.entry_type.startswith("ADJ_")]
    clean = calculate([plan], facts_of(events, "AB"), "2026-12")
    settling = {"CLAWBACK_RECOVERY"}
    restated: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.entry_type not in settling:
            restated[entry.payee_no, entry.origin_period, KEPT_AS.get(entry.entry_type, "")] += entry.amount
    should: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for line in clean.lines:
        if line.entry_type not in settling:
            should[line.payee_no, line.origin_period, KEPT_AS.get(line.entry_type, "")] += line.amount
    assert {key: value for key, value in restated.items() if value} == {key: value for key, value in should.items() if value}


@FAST
@given(st.integers(-10_000_000, 10_000_000), st.lists(st.integers(1, 10_000), min_size=1, max_size=8))
def test_shares_of_a_sum_are_the_sum(total: int, weights: list[int]) -> None:
    amount = Decimal(total) / 100
    named = [(f"E{number:03d}", Decimal(weight)) for number, weight in enumerate(weights)]
    assert sum(largest_remainder(amount, named).values()) == amount
    assert sum(telescoped(amount, [weight for _, weight in named])) == amount
