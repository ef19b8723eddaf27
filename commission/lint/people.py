"""Rules across plans, people and dates: versions that overlap, double pay, acceptance, days under no plan.

Add a rule that needs more than one plan, or the people under it; whether terms are worse than those before is `worsening`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise

from commission.engine.facts import Assignment
from commission.lint.findings import Finding, Settings, finding
from commission.lint.terms import overlap
from commission.lint.worsening import WORSENING, worsened, worsened_by_renaming
from commission.plan import Component, Plan
from commission.plan.component import Cap

ON_SIGNATURES = frozenset({"acceptance_missing", "unsigned", WORSENING})  # what a file of signatures decides


def people_findings(plans: Sequence[Plan], settings: Settings) -> Iterator[Finding]:
    """Everything unwise between plans, or between a plan and its people."""
    for first, second in combinations(plans, 2):
        if not _meet(first, second):
            continue
        if first.plan == second.plan:
            older, newer = sorted((first, second), key=lambda plan: plan.version)
            message = f"version {newer.version} is valid while version {older.version} still is"
            yield finding(newer, ("valid",), "versions_overlap", message, f"end version {older.version} the day before")
        else:
            yield from _double_pay(first, second, settings)
            yield from _two_limits(first, second, settings)
    for plan in plans:
        yield from _turn(plan, plans)
        yield from _left_waiting(plan, plans)
        yield from _acceptance(plan, settings)
        yield from worsened(plan, plans, settings)
        yield from _gaps(plan, settings)
    yield from worsened_by_renaming(plans, settings)


def _turn(plan: Plan, plans: Sequence[Plan]) -> Iterator[Finding]:
    """What a version may not change in a component: which events are whose, else some are paid or taken back twice, or never."""
    before = [one for one in plans if one.plan == plan.plan and one.version < plan.version]
    older = max(before, key=lambda one: one.version, default=None)
    for number, component in enumerate(plan.components):
        old = next((one for one in older.components if one.id == component.id), None) if older is not None else None
        if old is None or older is None:
            continue
        at, cure = ("components", number), f"keep it as version {older.version} has it"
        if (component.event, component.plan_version_by) != (old.event, old.plan_version_by):
            was, is_now = (f"{one.event} by {one.plan_version_by}" for one in (old, component))
            message = f"{component.id} counts {is_now}, in version {older.version} {was}: deals are paid twice or never"
            yield finding(plan, (*at, "event"), "turn_of_versions", message, cure)
        if _is_credit(component) != _is_credit(old):
            message = f"{component.id}: refunds of what version {older.version} paid would be taken back twice, or never"
            yield finding(plan, (*at, "refund"), "turn_of_versions", message, cure)
    for number, spiff in enumerate(plan.spiffs):
        old = next((one for one in older.spiffs if (one.id, one.start) == (spiff.id, spiff.start)), None) if older else None
        if old is not None and spiff.budget is not None and (old.budget is None or spiff.budget < old.budget):
            message = f"{spiff.id}: its budget falls below version {older.version}'s, of which more may be spent"
            yield finding(plan, ("spiffs", number, "budget"), "turn_of_versions", message, "keep it, or begin another prize")


def _left_waiting(plan: Plan, plans: Sequence[Plan]) -> Iterator[Finding]:
    """Clauses of the version before that may keep money and are gone: no rule lets go any more what they kept."""
    before = [one for one in plans if one.plan == plan.plan and one.version < plan.version]
    older = max(before, key=lambda one: one.version, default=None)
    if older is None:
        return
    gone: list[tuple[tuple[str | int, ...], str]] = []
    kept = {gate.id for gate in plan.gates}
    gone += [(("valid",), f"gate {gate.id}") for gate in older.gates if gate.then == "hold" and gate.id not in kept]
    gone += [(("valid",), "cap of all together")] if _carries(older.cap) and plan.cap is None else []
    for number, component in enumerate(plan.components):
        old = next((one for one in older.components if one.id == component.id), None)
        for name in ("cap", "holdback", "instalments"):
            clause = getattr(old, name) if old is not None else None
            if clause is not None and getattr(component, name) is None and (name != "cap" or _carries(clause)):
                gone.append((("components", number), f"{name} of {component.id}"))
    for at, what in gone:
        message = f"the {what} is gone since version {older.version}: what it still keeps then waits for ever"
        cure = "keep the clause while anything waits, or settle the rest in adjustments"
        yield finding(plan, at, "left_waiting", message, cure, "warning")


def _carries(cap: Cap | None) -> bool:
    return cap is not None and cap.per != "event" and cap.excess == "carry_forward"


def _is_credit(component: Component) -> bool:
    return component.refund is None or component.refund.mode == "current_credit"


def _meet(first: Plan, second: Plan) -> bool:
    return first.valid.start <= (second.valid.end or date.max) and second.valid.start <= (first.valid.end or date.max)


def _double_pay(first: Plan, second: Plan, settings: Settings) -> Iterator[Finding]:
    """Two plans that pay one person twice for one event."""
    both = [
        (number, one, other)
        for number, one in enumerate(second.components)
        for other in first.components
        if one.event == other.event
        and one.measure == other.measure
        and overlap(one.filter, other.filter)
        and not _other_role(one, other)
    ]
    people = sorted(_under_both(first, second, settings)) if both else []
    if people:
        number, one, other = both[0]
        message = (
            f"{', '.join(people[:5])} would be paid for one {one.event} by {first.plan}/{other.id} and {second.plan}/{one.id}"
        )
        yield finding(
            second, ("components", number), "double_pay", message, "end one assignment, or exclude the other's events by `filter`"
        )
    elif both and _same_people(first, second):
        number, one, other = both[0]
        message = (
            f"whoever is eligible for {first.plan} is eligible for {second.plan}: {other.id} and {one.id} pay one event twice"
        )
        yield finding(
            second, ("eligible",), "double_pay", message, "let `eligible` exclude each other, or exclude events by `filter`"
        )


def _two_limits(first: Plan, second: Plan, settings: Settings) -> Iterator[Finding]:
    """Debts of all plans share one person's legal limit; draws of two plans that both keep to it would each have what is left."""
    limited = all(one.recovery.limit_draws and one.draw is not None and one.draw.kind == "recoverable" for one in (first, second))
    people = sorted(_under_both(first, second, settings)) if limited else []
    if people:
        message = f"{', '.join(people[:5])} under {first.plan} and {second.plan}: both take draws from what one limit leaves"
        yield finding(second, ("recovery",), "limit_by_plan", message, "put the draw into one plan")


def _other_role(one: Component, other: Component) -> bool:
    """A manager's override beside a rep's commission is not double pay."""
    return (one.credit.override is None) != (other.credit.override is None)


def _under_both(first: Plan, second: Plan, settings: Settings) -> set[str]:
    start = max(first.valid.start, second.valid.start)
    end = min(first.valid.end or date.max, second.valid.end or date.max)
    under: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
    for one in settings.assignments:
        under[one.plan_id, one.payee_no].append(one)
    return {
        one.payee_no
        for (plan_id, payee_no), own in under.items()
        if plan_id == first.plan
        for one in own
        for other in under.get((second.plan, payee_no), ())
        if max(start, one.valid_from, other.valid_from) <= min(end, one.valid_to or date.max, other.valid_to or date.max)
    }


def _same_people(first: Plan, second: Plan) -> bool:
    one, other = first.eligible, second.eligible
    if one is None or other is None:
        return False
    return all(
        getattr(one, name) is None or getattr(other, name) is None or set(getattr(one, name)) & set(getattr(other, name))
        for name in ("role", "department", "region")
    )


def _acceptance(plan: Plan, settings: Settings) -> Iterator[Finding]:
    """The paper a plan names must be there, and signed by those it pays."""
    if plan.accepted_by is None:
        return
    folder = settings.company_folder
    if folder is not None and not (folder / plan.accepted_by).is_file():
        yield finding(
            plan,
            ("accepted_by",),
            "acceptance_missing",
            f"{plan.accepted_by} is not there",
            "add the file: employee,date,channel",
        )
        return
    signed = {one.employee_no for one in settings.signatures.get(plan.accepted_by, ())}
    if folder is not None and not signed:
        yield finding(
            plan, ("accepted_by",), "acceptance_missing", f"nobody has signed {plan.accepted_by}", "collect signatures first"
        )
        return
    under = {one.payee_no for one in settings.assignments if one.plan_id == plan.plan}
    unsigned = sorted(under - signed) if signed else []
    if unsigned:
        message = (
            f"{', '.join(unsigned[:5])} {'and others ' if len(unsigned) > 5 else ''}are under the plan and have not signed it"
        )
        yield finding(plan, ("accepted_by",), "unsigned", message, "collect their signatures", "warning")


def _gaps(plan: Plan, settings: Settings) -> Iterator[Finding]:
    """Days between two assignments of one person on which they are under no plan at all: what they sell then pays nobody."""
    gaps = []
    for payee in sorted({one.payee_no for one in settings.assignments if one.plan_id == plan.plan}):
        own = sorted((one for one in settings.assignments if one.payee_no == payee), key=lambda one: one.valid_from)
        until = date.min
        for before, one in pairwise(own):
            until = max(until, before.valid_to or date.max)
            if until < date.max and one.plan_id == plan.plan and plan.valid.start <= one.valid_from:
                first, last = until + timedelta(days=1), one.valid_from - timedelta(days=1)
                gaps += [f"{payee} from {first} to {last}"] if first <= last else []
    if gaps:
        more = f" and {len(gaps) - 5} more" if len(gaps) > 5 else ""
        message = f"under no plan, then under this one: {', '.join(gaps[:5])}{more}"
        yield finding(plan, ("plan",), "assignment_gap", message, "close the gap in plan_assignments if it is none", "warning")
