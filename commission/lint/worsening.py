"""No retroactive worsening (C7): terms that hold before somebody accepted them pay no less than those they were under before.

Add a part of a plan to `_AROUND` with what may go or come of it without loss. Terms are compared, pay is not recomputed: what
cannot be compared counts as less. Who was under what is a matter of assignments, whatever the plan is called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from commission.engine.facts import Assignment
from commission.engine.rating import earned
from commission.lint.findings import Finding, Settings, finding
from commission.plan import Component, Plan
from commission.plan.rates import FlatRate, InterpolatedRate, TieredRate
from commission.plan.schema import Spiff

WORSENING = "retroactive_worsening"


def worsened(plan: Plan, plans: Sequence[Plan], settings: Settings) -> Iterator[Finding]:
    """What a version that reaches back before it was accepted takes from those who were under the version before."""
    before = [one for one in plans if one.plan == plan.plan and one.version < plan.version]
    older = max(before, key=lambda one: one.version, default=None)
    if older is None:
        return
    start = plan.valid.start
    under = {
        one.payee_no
        for one in settings.assignments
        if one.plan_id == older.plan and one.valid_from < start <= (one.valid_to or date.max)
    }
    if late := _late(plan, start, under, settings):
        yield from _compared([plan], older, start, late, f"version {older.version}", same_ids=True)


def worsened_by_renaming(plans: Sequence[Plan], settings: Settings) -> Iterator[Finding]:
    """What plans of another name take: each that a person begins, against what they were under last and is over."""
    told: dict[tuple[tuple[int, ...], int, date], set[str]] = defaultdict(set)
    own: dict[str, list[Assignment]] = defaultdict(list)
    for one in settings.assignments:
        own[one.payee_no].append(one)
    for payee_no, assignments in own.items():
        under = _Under(assignments, plans)
        for day in under.turns:
            now, before = under.on(day), under.last_before(day)
            begun = {place for place in now if plans[place].plan not in {plans[one].plan for one in before}}
            for ended in before:
                if begun and plans[ended].plan not in {plans[one].plan for one in now}:
                    told[tuple(sorted(begun)), ended, day].add(payee_no)
    for (begun, ended, day), people in sorted(told.items()):
        new, old = [plans[place] for place in begun], plans[ended]
        late = [words for one in new if (words := _late(one, day, people, settings))]
        if late:
            yield from _compared(new, old, day, late[0], f"{old.plan} version {old.version}", same_ids=False)


class _Under:
    """Which versions (by their place among the plans) one person is under, day by day."""

    def __init__(self, assignments: Sequence[Assignment], plans: Sequence[Plan]) -> None:
        self.spans = [
            (place, first, last)
            for one in assignments
            for place, plan in enumerate(plans)
            if plan.plan == one.plan_id
            for first in [max(one.valid_from, plan.valid.start)]
            for last in [min(one.valid_to or date.max, plan.valid.end or date.max)]
            if first <= last
        ]

    @property
    def turns(self) -> list[date]:
        """Days on which something begins."""
        return sorted({first for _, first, _ in self.spans})

    def on(self, day: date) -> set[int]:
        """Versions in force on a day."""
        return {place for place, first, last in self.spans if first <= day <= last}

    def last_before(self, day: date) -> set[int]:
        """Versions in force on the last day before this one on which there were any."""
        ends = [min(last, day - timedelta(days=1)) for _, first, last in self.spans if first < day]
        return self.on(max(ends)) if ends else set()


def _late(plan: Plan, start: date, under: Collection[str], settings: Settings) -> str:
    """Who had not agreed to the plan on the first day it holds for them, in words; empty when nobody."""
    if (approved := max(one.at for one in plan.approved_by)) > start:
        return f"approved only on {approved}"
    signatures = settings.signatures.get(plan.accepted_by or "")
    if plan.accepted_by is None or (signatures is None and settings.company_folder is None):
        return ""
    signed = {one.employee_no: one.accepted_on for one in sorted(signatures or (), key=lambda one: one.accepted_on, reverse=True)}
    people = sorted(one for one in under or signed if signed.get(one, date.max) > start)
    told = [f"{one} accepted on {signed[one]}" if one in signed else f"{one} has not accepted" for one in people]
    return ", ".join(told[:5]) + (f" and {len(told) - 5} more" if len(told) > 5 else "")


def _compared(new: Sequence[Plan], old: Plan, start: date, late: str, before: str, *, same_ids: bool) -> Iterator[Finding]:
    """Every part of the old terms that the new ones, together, may pay less than."""
    plan, valid, cure = new[0], f"valid from {start}, {late}", "begin after acceptance, or pay at least the old terms"
    components = [component for one in new for component in one.components]
    by_id = {one.id: one for one in components}
    answers = by_id if same_ids else _answers(components, old.components)
    for part in old.components:
        if part.id in answers and pays_at_least(answers[part.id], part):
            continue
        if part.id in by_id:
            yield finding(plan, ("valid",), WORSENING, f"{valid}: {part.id} may pay less than {before}", cure)
        else:
            message = f"{valid}: {part.id}{'' if same_ids else f' of {before}'} is gone"
            yield finding(plan, ("valid",), WORSENING, message, "begin after acceptance, or keep the component")
    for name in _AROUND:
        goods = [_as_good(name, getattr(one, name), getattr(old, name), start) for one in new]
        if not (all(goods) if name in _MAY_GO else any(goods)):
            message = f"{valid}: {name} is not what {before} says"
            yield finding(plan, (name,), WORSENING, message, "begin after acceptance, or leave it as it was")


def _answers(new: Sequence[Component], old: Sequence[Component]) -> Mapping[str, Component]:
    """Of each old component a new one of its own that surely pays as much, whatever its name; those with least choice first."""
    choices = {
        part.id: [place for place, one in enumerate(new) if pays_at_least(one.model_copy(update={"id": part.id}), part)]
        for part in old
    }
    found: dict[str, int] = {}
    for part_id in sorted(choices, key=lambda one: (len(choices[one]), one)):
        free = [place for place in choices[part_id] if place not in found.values()]
        if free:
            found[part_id] = free[0]
    return {part_id: new[place].model_copy(update={"id": part_id}) for part_id, place in found.items()}


# What a version says besides its components, and which of it may go or come without anybody being paid less.
_AROUND = ("gates", "penalties", "cap", "floor", "draw", "recovery", "quota", "award", "spiffs", "pools", "leaver", "fx")
_MAY_GO = frozenset({"gates", "penalties", "cap"})
_MAY_COME = frozenset({"spiffs", "pools", "award", "floor"})


def _as_good(name: str, new: object, old: object, start: date) -> bool:
    """True when that part of the new version surely pays no less; a dated prize that was over by then is nobody's loss."""
    ours, before = ([*one] if isinstance(one, tuple) else [] if one is None else [one] for one in (new, old))
    before = [one for one in before if not (isinstance(one, Spiff) and one.end < start)]
    if name in _MAY_GO:
        return all(one in before for one in ours)
    return all(one in ours for one in before) and (name in _MAY_COME or len(ours) == len(before))


def pays_at_least(new: Component, old: Component) -> bool:
    """True when the new terms surely pay no less: same terms around the rate, and no lower at any corner of either table."""
    said = {"rate", "name_zh", "acknowledge"}
    if new.model_dump(exclude=said) != old.model_dump(exclude=said):
        return False
    if isinstance(new.rate, FlatRate) or isinstance(old.rate, FlatRate):
        return _plain(new.rate) is not None and _plain(old.rate) is not None and _plain(new.rate) >= _plain(old.rate)  # type: ignore[operator]
    if not isinstance(new.rate, (TieredRate, InterpolatedRate)) or not isinstance(old.rate, (TieredRate, InterpolatedRate)):
        return new.rate == old.rate
    if new.rate.scale != old.rate.scale:
        return False
    corners = _corners(new.rate) | _corners(old.rate)
    cent = Decimal("0.01")
    tests = {base for corner in corners for base in (max(Decimal(0), corner - cent), corner, corner + cent)}
    return all(
        earned(new.rate, base, Decimal(1)) >= earned(old.rate, base, Decimal(1)) for base in tests | {max(corners) * 1000 + 1}
    )


def _plain(rate: object) -> Decimal | None:
    return rate.rate if isinstance(rate, FlatRate) and not rate.table and not rate.products else None


def _corners(rate: TieredRate | InterpolatedRate) -> set[Decimal]:
    return {point.at for point in rate.table} if isinstance(rate, InterpolatedRate) else {tier.start for tier in rate.table}
