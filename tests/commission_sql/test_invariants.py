"""The invariants of C9 that compare two worlds, in SQL: both worlds of every pair stand in one database, built once.

Add an invariant as a way to draw pairs and what must hold of what they earn. Those over one world are in test_engines_agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from commission.engine import Event, Facts, calculate
from commission.engine.money import cents, part_payment_bases
from commission.plan import Plan
from tests.commission.commission_cases import cash, facts_of, flat, order, plan_of, rated
from tests.commission_sql.comparison import by_reference, by_sql, differences
from tests.commission_sql.database import Database
from tests.commission_sql.test_engines_agree import built
from tests.commission_sql.worked import renamed
from tests.commission_sql.worlds import THROUGH, Case

PAIRS = 250
D = Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """Two worlds under one plan, what is known of the second, and the plan's name in the database."""

    plan: Plan
    events: tuple[list[Event], list[Event]]
    more: Decimal = D(0)


class Drawn:
    """Plans and events drawn from one seeded stream."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def amount(self) -> Decimal:
        """Cents up to 800,000."""
        return D(self.random.randint(1, 80_000_000)) / 100

    def day(self, last: int = 180) -> date:
        """A day of the year's first half."""
        return date(2026, 1, 1) + timedelta(days=self.random.randint(0, last))

    def table(self, rising: bool = False) -> str:
        """Steps from zero."""
        starts = [0, *sorted(self.random.sample(range(1, 900_000), self.random.randint(0, 4)))]
        rates = [D(self.random.randint(0, 9999)) / 100_000 for _ in starts]
        rates = sorted(rates) if rising else rates
        ends = [f"to: {end}, " for end in starts[1:]] + [""]
        return f"[{', '.join(f'{{from: {a}, {b}rate: {c:f}}}' for a, b, c in zip(starts, ends, rates, strict=True))}]"

    def component(self, more: str = "", *windows: str) -> str:
        """Flat or by a table, sometimes with a factor."""
        if self.random.random() < 0.3:
            on = self.random.choice(["credit", "earning"])
            more += f", multipliers: [{{name: 新签, on: {on}, when: {{customer_class: new}}, x: 1.2}}]"
        more = more.removeprefix(", ")
        kind = self.random.choice(["flat", "marginal", "retroactive"])
        if kind == "flat":
            return flat("0.0237", more)
        window = self.random.choice(windows or ("transaction", "month", "quarter", "year"))
        return rated(kind, window, self.table(), self.random.choice(["lower_inclusive", "upper_inclusive"]), more)

    def orders(self) -> list[Event]:
        """Some sales of A and B."""
        classes = ["new", "renew"]
        return [
            order(f"T{number}", self.day().isoformat(), str(self.amount()), self.random.choice("AB"))
            if self.random.random() < 0.5
            else order(f"T{number}", self.day().isoformat(), str(self.amount()), "A", customer_class=self.random.choice(classes))
            for number in range(self.random.randint(1, 5))
        ]


def refunded_at_once(drawn: Drawn) -> Pair:
    """With and without a sale and its full refund under mode A in the same period."""
    events, amount, first = drawn.orders(), drawn.amount(), date(2026, 1, 1) + timedelta(days=drawn.random.randint(0, 80))
    again = first + timedelta(days=drawn.random.randint(0, 9))
    bought = order("X", first.isoformat(), str(amount), "A", customer_class=drawn.random.choice(["new", "renew"]))
    back = order("Y", again.isoformat(), str(-amount), "A", original_event_id="X", transaction_id="X")
    plan = plan_of(drawn.component("refund: {mode: recompute_origin, window_days: 400}"))
    return Pair(plan, (events, [*events, bought, back]))


def a_little_more(drawn: Drawn) -> Pair:
    """One base and a larger one, under a table whose rates rise."""
    kind, low, more = drawn.random.choice(["marginal", "retroactive"]), drawn.amount(), drawn.amount() / 50
    more = cents(more)
    plan = plan_of(rated(kind, "quarter", drawn.table(rising=True)))
    return Pair(plan, ([order("T", "01-10", str(low))], [order("T", "01-10", str(low + more))]), more)


def cut_in_two(drawn: Drawn) -> Pair:
    """One invoice, and the same as two."""
    whole = drawn.amount() + D("0.02")
    part = cents(whole * drawn.random.randint(1, 99) / 100)
    component = rated(
        drawn.random.choice(["marginal", "retroactive"]), drawn.random.choice(["month", "quarter", "year"]), drawn.table()
    )
    one = [order("T", "01-10", str(whole))]
    return Pair(plan_of(component), (one, [order("U", "01-10", str(part)), order("V", "01-11", str(whole - part))]))


def paid_in_parts(drawn: Drawn) -> Pair:
    """One invoice paid at once, and in parts of any size and order on any days."""
    gross = drawn.random.randint(2, 50_000_000)
    cuts = sorted(drawn.random.sample(range(1, gross), min(drawn.random.randint(0, 6), gross - 1)))
    parts = [D(end - start) / 100 for start, end in zip([0, *cuts], [*cuts, gross], strict=True)]
    drawn.random.shuffle(parts)
    net = cents(D(gross) / 113)
    days = sorted(drawn.day() for _ in parts)
    kind = drawn.random.choice(["flat", "flat by transaction", "marginal", "retroactive"])
    if kind.startswith("flat"):
        component = flat("0.0311", "accumulate: transaction" if kind != "flat" else "", "cash_applied").removesuffix(", ")
    else:
        component = rated(kind, "transaction", drawn.table()).replace("event: signed", "event: cash_applied")
    bases = part_payment_bases(net, D(gross) / 100, parts)
    partly = [
        cash(f"C{number}", on.isoformat(), str(base), transaction_total=net)
        for number, (on, base) in enumerate(zip(days, bases, strict=True))
    ]
    return Pair(plan_of(component), ([cash("C", days[-1].isoformat(), str(net), transaction_total=net)], partly))


def is_equal(pair: Pair, one: Decimal, other: Decimal) -> bool:
    """Both worlds earn the same."""
    return one == other


def is_no_jump(pair: Pair, one: Decimal, other: Decimal) -> bool:
    """More never earns less; by tranches never more than the highest rate of what was added."""
    rate = pair.plan.components[0].rate
    return one <= other and (rate.kind != "marginal" or other - one <= pair.more * rate.table[-1].rate + D("0.01"))


INVARIANTS: dict[str, tuple[Callable[[Drawn], Pair], Callable[[Pair, Decimal, Decimal], bool]]] = {
    "5 a sale and its refund in one period are nothing": (refunded_at_once, is_equal),
    "7 what is paid rises with what is sold, without a jump by tranches": (a_little_more, is_no_jump),
    "8 one invoice cut in two earns the same": (cut_in_two, is_equal),
    "9 part payments in any cut and order earn the whole": (paid_in_parts, is_equal),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Every pair by invariant, each with the numbers of its worlds, and all worlds in one database."""

    pairs: dict[str, list[tuple[Pair, int, int]]]
    worlds: list[Case]
    database: Database

    def earned(self) -> dict[int, Decimal]:
        """What SQL says each world earns, all payees and months together."""
        rows = self.database.rows(
            "select cast(substr(plan_id, 2) as integer), sum(amount) from finance.commission_earnings group by plan_id"
        )
        return dict(rows)


@pytest.fixture(scope="module")
def asked(models: dict[str, str]) -> Iterator[Asked]:
    drawn, worlds = Drawn(Random(5)), []
    pairs: dict[str, list[tuple[Pair, int, int]]] = {}
    for name, (draw, _) in INVARIANTS.items():
        pairs[name] = []
        for _ in range(PAIRS):
            pair = draw(drawn)
            numbers = (len(worlds), len(worlds) + 1)
            worlds += [renamed([pair.plan], told(events), number) for events, number in zip(pair.events, numbers, strict=True)]
            pairs[name].append((pair, *numbers))
    database = built(models, worlds)
    yield Asked(pairs, worlds, database)
    database.connection.close()


def told(events: list[Event]) -> Facts:
    return facts_of([replace(event, quantity=D(1)) for event in events], "AB")


@pytest.mark.parametrize("name", INVARIANTS)
def test_what_must_hold_of_two_worlds_holds_in_sql(asked: Asked, name: str) -> None:
    earned, holds = asked.earned(), INVARIANTS[name][1]
    broken = [
        (one, earned.get(one, D(0)), earned.get(other, D(0)))
        for pair, one, other in asked.pairs[name]
        if not holds(pair, earned.get(one, D(0)), earned.get(other, D(0)))
    ]
    assert broken == []
    assert len(earned) > len(asked.worlds) / 2


def test_both_engines_say_the_same_of_all_of_them(asked: Asked) -> None:
    reference = by_reference(calculate(one.plans, one.facts, THROUGH) for one in asked.worlds)
    assert differences(reference, by_sql(asked.database)) == []
