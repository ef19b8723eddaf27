"""Step 4: to whom an event is credited: owners, splits, overlays, managers, successors, and who may be paid at all.

Add a way of crediting here, with the path it leaves behind for the explanation; shares of primary and splits always make one.
A credit that cannot be given leaves a note, never silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from commission.engine.facts import Event, Facts, Person, Split
from commission.engine.results import Note
from commission.engine.selecting import matches
from commission.plan import Component, Plan

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Holder:
    """A payee, their share of one event, in which role, by which path."""

    payee_no: str
    share: Decimal
    role: str
    path: str
    decided_on: date | None = None


def united(holders: Iterable[Holder]) -> list[Holder]:
    """One credit per payee and role: what the split table gives one person twice adds up."""
    found: dict[tuple[str, str], Holder] = {}
    for one in holders:
        before = found.get((one.payee_no, one.role))
        if before is not None:
            days = [day for day in (before.decided_on, one.decided_on) if day is not None]
            one = replace(before, share=before.share + one.share, decided_on=max(days, default=None))
        found[one.payee_no, one.role] = one
    return list(found.values())


def holders_of(
    notes: list[Note], plan: Plan, component: Component, event: Event, original: Event, facts: Facts, *, day: date, is_back: bool
) -> list[Holder]:
    """Each payee with a share of the event as of the day, once per role; what is taken back is its original's holders'."""
    transaction = event.transaction_id or original.transaction_id
    splits = _splits(facts, transaction, day)
    if component.credit.splits == "split_table" and any(not one.is_overlay for one in splits):
        credited = _split(notes, transaction, [one for one in splits if not one.is_overlay])
    else:
        credited = _owner(notes, plan, component, event, (original, event) if is_back else (event, original), facts, day)
    if component.credit.override is not None:
        return united(_managers(credited, facts, day, component.credit.override.levels))
    overlaid = [
        Holder(one.payee_no, one.share, "overlay", "overlay of the split table", one.decided_on)
        for one in splits
        if one.is_overlay
    ]
    return united([*credited, *overlaid, *_overlays(component, original, facts, day)])


def _split(notes: list[Note], transaction: str | None, splits: list[Split]) -> list[Holder]:
    whole = sum((one.share for one in splits), Decimal(0))
    if whole != ONE:
        message = f"shares sum to {whole}, not 1; nobody is credited"
        notes.append(Note(rule="split_not_whole", subject=str(transaction), message=message))
        return []
    return [Holder(one.payee_no, one.share, "split", f"split table {one.share}", one.decided_on) for one in splits]


def _owner(
    notes: list[Note], plan: Plan, component: Component, event: Event, asked: tuple[Event, Event], facts: Facts, day: date
) -> list[Holder]:
    by = component.credit.primary
    owner = getattr(asked[0], by) or getattr(asked[1], by)
    owner = _after_leaving(notes, plan, facts, owner, event, day)
    if owner is None:
        notes.append(Note(rule="ownerless", subject=event.event_id, message=f"no {by}; nobody is credited"))
        return []
    return [Holder(owner, ONE, "primary", by)]


def _splits(facts: Facts, transaction: str | None, day: date) -> list[Split]:
    return sorted(
        (
            one
            for one in facts.splits
            if one.transaction_id == transaction
            and (one.valid_from is None or one.valid_from <= day)
            and (one.valid_to is None or day <= one.valid_to)
        ),
        key=lambda one: one.payee_no,
    )


def _overlays(component: Component, event: Event, facts: Facts, day: date) -> Iterator[Holder]:
    for overlay in component.credit.overlays:
        if not matches(overlay.when, event):
            continue
        if overlay.payee is not None:
            yield Holder(overlay.payee, overlay.share, "overlay", "overlay of the plan")
            continue
        for person in facts.people:
            if person.role == overlay.role and _covers(person, day):
                yield Holder(person.payee_no, overlay.share, "overlay", f"overlay of role {overlay.role}")


def _managers(credited: Iterable[Holder], facts: Facts, day: date, levels: int | None) -> list[Holder]:
    """Each manager above the credited, once per event, for the shares of others only."""
    shares: dict[str, Decimal] = {}
    for holder in credited:
        seen = {holder.payee_no}
        above, level = _manager(facts, holder.payee_no, day), 1
        while above is not None and above not in seen and (levels is None or level <= levels):
            shares[above] = shares.get(above, Decimal(0)) + holder.share
            seen.add(above)
            above, level = _manager(facts, above, day), level + 1
    return [Holder(manager, share, "override", f"manager as of {day}") for manager, share in sorted(shares.items())]


def _manager(facts: Facts, payee_no: str, day: date) -> str | None:
    person = person_on(facts, payee_no, day)
    return person.manager_no if person else None


def person_on(facts: Facts, payee_no: str, day: date) -> Person | None:
    """The person's row in force on that day."""
    return next((one for one in facts.people if one.payee_no == payee_no and _covers(one, day)), None)


def _covers(person: Person, day: date) -> bool:
    return person.valid_from <= day and (person.valid_to is None or day <= person.valid_to)


def left_on(facts: Facts, payee_no: str) -> date | None:
    """The payee's last day of employment, when known."""
    return max((one.leave_date for one in facts.people if one.payee_no == payee_no and one.leave_date), default=None)


def _after_leaving(notes: list[Note], plan: Plan, facts: Facts, owner: str | None, event: Event, day: date) -> str | None:
    """Money that arrives after the owner left: grace days, then the successor, or nobody."""
    left = left_on(facts, owner) if owner is not None and plan.leaver is not None else None
    if left is None or plan.leaver is None or day <= left + timedelta(days=plan.leaver.grace_days):
        return owner
    successor = successor_of(facts, owner, event.transaction_id, day) if plan.leaver.pending == "new_owner" else None
    notes.append(Note(rule="leaver", subject=event.event_id, message=f"{owner} left {left}; credited to {successor or 'nobody'}"))
    return successor


def successor_of(facts: Facts, leaver: str | None, transaction: str | None, day: date) -> str | None:
    """Who took over by that day: for the transaction before for all, the first also of what came before it, ties by number."""
    own = [one for one in facts.handovers if one.leaver_no == leaver]
    handed = [one for one in own if one.transaction_id == transaction] or [one for one in own if one.transaction_id is None]
    handed.sort(key=lambda one: (one.valid_from or date.min, one.successor_no))
    begun = [one for one in handed if (one.valid_from or date.min) <= day] or handed[:1]
    newest = max(begun, key=lambda one: one.valid_from or date.min, default=None)
    ended = newest is None or (newest.valid_to is not None and newest.valid_to < day)
    return None if newest is None or ended else newest.successor_no


def is_assigned(facts: Facts, plan: Plan, payee_no: str, day: date) -> bool:
    """True while the payee is under the plan."""
    return any(
        one.payee_no == payee_no
        and one.plan_id == plan.plan
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
        for one in facts.assignments
    )


def is_eligible(plan: Plan, facts: Facts, payee_no: str, day: date) -> bool:
    """True when the plan is for people like the payee, as they were on that day."""
    wanted = plan.eligible
    person = person_on(facts, payee_no, day)
    if wanted is None:
        return True
    if person is None:
        return False
    fits = all(
        getattr(wanted, name) is None or getattr(person, name) in getattr(wanted, name)
        for name in ("role", "department", "region")
    )
    left = left_on(facts, payee_no)
    grace = plan.leaver.grace_days if plan.leaver else 0
    here = wanted.employment == "any" or left is None or day <= left + timedelta(days=grace)
    return fits and here
