"""Two engines, one answer: what the reference engine earns each payee, held against what another engine says, to the cent.

What to add here: a figure both engines compute and a reader is paid by.
What belongs elsewhere: where the other engine's rows are read and what has to be asked again (`pipelines/agreement.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from commission.engine.calculation import Calculation
from commission.engine.facts import Facts
from commission.plan import Plan

ZERO = Decimal(0)

MonthKey = tuple[str, str, str, str]  # payee, plan, component, month
LineKey = tuple[str, str, str, str, str, str]  # payee, plan, component or '', entry type, month of origin, month of posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One payee, component and month on which the engines differ, and the first event they part at."""

    payee_no: str
    plan_id: str
    component_id: str
    month: str
    sql: Decimal
    reference: Decimal
    first_event: str | None

    def __str__(self) -> str:
        """A line that finance can follow up."""
        where = f"first at event {self.first_event}" if self.first_event else "no single event differs"
        return (
            f"{self.payee_no} {self.month} {self.plan_id}/{self.component_id}: "
            f"SQL {self.sql}, reference {self.reference} ({where})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDisagreement:
    """One line of a payee's month (a guard, an award) that the engines book differently."""

    key: LineKey
    sql: Decimal
    reference: Decimal

    def __str__(self) -> str:
        """A line that finance can follow up."""
        payee_no, plan_id, component_id, entry_type, origin, posting = self.key
        of = f" of {origin}" if origin != posting else ""
        where = f"{payee_no} {posting} {plan_id}/{component_id or 'total'} {entry_type}{of}"
        return f"{where}: SQL {self.sql}, reference {self.reference}"


def beneficiaries(plans: Iterable[Plan], facts: Facts, changed: Collection[str]) -> frozenset[str]:
    """Whom a change in these people's events may pay: them, managers above, successors, who stands beside every deal."""
    plans = tuple(plans)
    managers, successors = defaultdict(set), defaultdict(set)
    for person in facts.people:
        if person.manager_no is not None:
            managers[person.payee_no].add(person.manager_no)
    for one in facts.handovers:
        successors[one.leaver_no].add(one.successor_no)
    follow = [successors]
    if any(part.credit.override is not None for plan in plans for part in plan.components):
        follow.append(managers)
    found = _reached(changed, follow)
    if any(part.credit.overlays for plan in plans for part in plan.components):
        found |= {one.payee_no for one in facts.assignments}
    return frozenset(found)


def sources(plans: Iterable[Plan], facts: Facts, payees: Collection[str]) -> frozenset[str] | None:
    """Whose events may pay these payees; None when anybody's may."""
    plans = tuple(plans)
    if any(part.credit.overlays for plan in plans for part in plan.components):
        return None
    below, leavers = defaultdict(set), defaultdict(set)
    for person in facts.people:
        if person.manager_no is not None:
            below[person.manager_no].add(person.payee_no)
    for one in facts.handovers:
        leavers[one.successor_no].add(one.leaver_no)
    follow = [leavers]
    if any(part.credit.override is not None for plan in plans for part in plan.components):
        follow.append(below)
    return frozenset(_reached(payees, follow))


def disagreements(
    reference: Calculation,
    sql_months: Mapping[MonthKey, Decimal],
    sql_events: Iterable[tuple[str, str, str, str, str, Decimal]],
    payees: Collection[str] | None = None,
) -> list[Disagreement]:
    """Where the two differ, for these payees (None: all); events are payee, plan, component, month, event, amount."""
    ours: dict[MonthKey, Decimal] = defaultdict(lambda: ZERO)
    for row in reference.earnings:
        ours[row.payee_no, row.plan_id, row.component_id, row.month] += row.amount
    keys = sorted(key for key in {*ours, *sql_months} if payees is None or key[0] in payees)
    differing = [key for key in keys if ours.get(key, ZERO) != sql_months.get(key, ZERO)]
    if not differing:
        return []
    theirs: dict[MonthKey, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for payee_no, plan_id, component_id, month, event_id, amount in sql_events:
        theirs[payee_no, plan_id, component_id, month][event_id] += amount
    return [
        Disagreement(
            payee_no=key[0],
            plan_id=key[1],
            component_id=key[2],
            month=key[3],
            sql=sql_months.get(key, ZERO),
            reference=ours.get(key, ZERO),
            first_event=_first_event(reference, key, theirs[key]),
        )
        for key in differing
    ]


def line_disagreements(
    reference: Calculation, sql_lines: Mapping[LineKey, Decimal], payees: Collection[str] | None = None
) -> list[LineDisagreement]:
    """Where guards and awards differ, for these payees (None: all): steps 10 to 12, before any month is settled."""
    ours: dict[LineKey, Decimal] = defaultdict(lambda: ZERO)
    for line in reference.earned_lines():
        whose = (line.payee_no, line.plan_id or "", line.component_id or "")
        ours[*whose, line.entry_type, line.origin_period, line.posting_period] += line.amount
    return [
        LineDisagreement(key=key, sql=sql_lines.get(key, ZERO), reference=ours.get(key, ZERO))
        for key in sorted({*ours, *sql_lines})
        if (payees is None or key[0] in payees) and ours.get(key, ZERO) != sql_lines.get(key, ZERO)
    ]


def _first_event(reference: Calculation, key: MonthKey, theirs: Mapping[str, Decimal]) -> str | None:
    """In the reference's order of events; then what only the other engine has."""
    ours: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in reference.earning_events:
        if (one.payee_no, one.plan_id, one.component_id, one.month) == key:
            ours[one.event_id] += one.amount
    ordered = [*ours, *sorted(set(theirs) - set(ours))]
    return next((name for name in ordered if ours.get(name, ZERO) != theirs.get(name, ZERO)), None)


def _reached(start: Collection[str], ways: Sequence[Mapping[str, set[str]]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        one = todo.pop()
        for way in ways:
            fresh = way.get(one, set()) - found
            found |= fresh
            todo += fresh
    return found
