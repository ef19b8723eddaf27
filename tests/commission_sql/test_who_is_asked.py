"""Who is asked again: whatever changes in a world's facts, nobody who earns otherwise by it is left out.

What to add here: a way in which a fact may change. What belongs elsewhere: what each engine earns (`test_engines_agree.py`),
what the nightly check does with the answer (`tests/dbt_project/test_agreement.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from commission.engine import Facts, calculate
from commission.engine.facts import FxRate, Person, Split
from commission.plan import Plan
from commission.tables import rows_of
from pipelines.agreement import to_ask
from pipelines.fingerprints import Prints, prints_of
from tests.commission.commission_cases import cash, day, facts_of, flat, order, plan_of
from tests.commission_sql.database import Database
from tests.commission_sql.worlds import THROUGH, Case, cases

SEED, WORLDS = 11, 10
PEOPLE = "payee_no", "manager_no", "leaver_no", "successor_no", "owner_at_signature", "owner_at_event"


TWO = [Split(transaction_id="O1", payee_no=payee, share=Decimal(share)) for payee, share in (("A", "0.6"), ("B", "0.4"))]
SHARED = facts_of([cash("p1", "02-03", "100"), cash("p2", "03-03", "100", "O2", "C")], "ABCMN", splits=tuple(TWO))
SOLD = facts_of([order("s1", "02-03", "100"), order("s2", "02-04", "100", "C")], "ABCMN")
RETURN = order("r1", "03-05", "-100", "B", original_event_id="s1")
UNDER_M, UNDER_N = (
    facts_of([order("s1", "02-03", "100")], "ABCMN", people=[Person(payee_no="A", valid_from=day("01-01"), manager_no=manager)])
    for manager in "MN"
)
FOREIGN = facts_of([cash("p1", "02-03", "100", currency="USD"), cash("p2", "02-03", "100", "O2", "B")], "AB")
RATES = [FxRate(rate_type="SAFE_mid", currency="USD", rate_date=day(on), rate=Decimal(7)) for on in ("02-01", "02-28", "03-01")]


@pytest.mark.parametrize(
    ("before", "after", "payees"),
    [
        pytest.param(SHARED, replace(SHARED, events=(*SHARED.events, cash("p3", "03-04", "50"))), "AB", id="a payment of two"),
        pytest.param(SOLD, replace(SOLD, events=(*SOLD.events, RETURN)), "AB", id="what another takes back"),
        pytest.param(UNDER_M, UNDER_N, "AMN", id="another manager"),
        pytest.param(replace(FOREIGN, fx_rates=(RATES[0],)), replace(FOREIGN, fx_rates=tuple(RATES[:2])), "A", id="a rate"),
        pytest.param(replace(FOREIGN, fx_rates=tuple(RATES[:2])), replace(FOREIGN, fx_rates=tuple(RATES)), "", id="a later rate"),
    ],
)
def test_a_change_asks(before: Facts, after: Facts, payees: str) -> None:
    plan = plan_of(flat("0.02", "credit: {override: {levels: 1}}"))
    earlier, now = (told(facts, plan) for facts in (before, after))
    assert to_ask(after, [plan], earlier.changed(now)) == frozenset(payees)


def told(facts: Facts, plan: Plan) -> Prints:
    database = Database()
    database.fill([plan], rows_of(facts), f"{THROUGH}-31")
    return prints_of(database.connection, [plan], THROUGH)


def earned(plans: tuple[Plan, ...], facts: Facts) -> dict[str, Counter[tuple[Any, ...]]]:
    """Everything that the nightly check compares, by payee."""
    done, found = calculate(plans, facts, THROUGH), {}
    for row in done.earnings:
        found.setdefault(row.payee_no, Counter())[row.component_id, row.month, row.amount] += 1
    for line in done.earned_lines():
        key = line.component_id, line.entry_type, line.origin_period, line.posting_period, line.amount
        found.setdefault(line.payee_no, Counter())[key] += 1
    return found


def altered(fact: Any, random: Random, names: list[str]) -> Any:
    """The same fact with one cell told otherwise."""
    ways: dict[type, Any] = {
        Decimal: lambda value: value / 2,
        bool: lambda value: not value,
        int: lambda value: value + 1,
    }
    cells = []
    for name in (field.name for field in fields(fact)):
        value = getattr(fact, name)
        if name in PEOPLE:
            cells.append((name, random.choice(names)))
        elif name.startswith(("valid", "held", "released", "reached", "first_day", "last_day")) and value is not None:
            cells.append((name, value + timedelta(days=random.choice([-20, 20]))))
        elif type(value) in ways:
            cells.append((name, ways[type(value)](value)))
    name, value = random.choice(cells) if cells else (None, None)
    return fact if name is None else replace(fact, **{name: value})


def changes(case: Case, random: Random) -> Iterator[tuple[str, Facts]]:
    """Of every kind of fact a row gone, and rows told otherwise."""
    names = sorted({one.payee_no for one in case.facts.assignments})
    for kind in (field.name for field in fields(Facts)):
        told = getattr(case.facts, kind)
        for others in (0, 1, 1) if isinstance(told, tuple) and told else ():
            place = random.randrange(len(told))
            instead = [altered(told[place], random, names)] * others
            yield kind, replace(case.facts, **{kind: (*told[:place], *instead, *told[place + 1 :])})


def test_whose_pay_changes_is_asked() -> None:
    random, left_out, asked_for, others = Random(SEED), [], Counter(), 0
    for case in cases(SEED, WORLDS):
        database, before, tables = Database(), earned(case.plans, case.facts), rows_of(case.facts)
        database.fill(case.plans, tables, f"{THROUGH}-31")
        kept = prints_of(database.connection, case.plans, THROUGH)
        for kind, facts in changes(case, random):
            after = earned(case.plans, facts)
            if payees := {name for name in {*before, *after} if before.get(name) != after.get(name)}:
                table = f"commission_{kind}"
                database.tell_anew(table, rows_of(facts)[table])
                asked = to_ask(facts, case.plans, kept.changed(prints_of(database.connection, case.plans, THROUGH)))
                database.tell_anew(table, tables[table])
                assert asked is not None, kind
                left_out += [(case.number, kind, name) for name in payees - asked]
                asked_for[kind] += 1
                others += len({one.payee_no for one in facts.assignments} - asked)
    assert left_out == []
    assert {"assignments", "events", "fx_rates", "order_holds", "people", "quotas"} <= set(asked_for)
    assert others > 20


def test_another_month_asks_everybody() -> None:
    (case,) = cases(4, 1)
    database = Database()
    database.fill(case.plans, rows_of(case.facts), f"{THROUGH}-31")
    earlier, now = (prints_of(database.connection, case.plans, through) for through in ("2026-11", THROUGH))
    assert (earlier.persons, earlier.changed(now), now.changed(now)) == (now.persons, None, frozenset())
