"""Steps 1 to 5: which events, net of what, in which currency, to whom, under which component.

Add a way of crediting here, with the path it leaves behind for the explanation; shares of primary and splits always make one.
What the credit earns is `earning`; a credit that cannot be given leaves a note, never silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from commission.engine.facts import Event, Facts, Person, Split
from commission.engine.periods import PLAN_WINDOW, first_day, last_day, month_of, period_of
from commission.engine.rating import event_figure
from commission.engine.results import Credit, FxDifference, Note
from commission.plan import Component, Plan
from commission.plan.component import Filter, Multiplier
from commission.plan.rates import FlatRate

ONE = Decimal(1)
_MONEY = ("amount_ex_tax", "amount_incl_tax", "gross_margin", "mrr")


@dataclass(frozen=True, slots=True)
class Holder:
    """A payee, their share of one event, in which role, by which path."""

    payee_no: str
    share: Decimal
    role: str
    path: str
    decided_on: date | None = None


@dataclass(slots=True)
class Credits:
    """All credits of all events, with what could not be credited."""

    rows: list[Credit] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    fx_differences: list[FxDifference] = field(default_factory=list)


def credits_of(plans: Sequence[Plan], facts: Facts) -> Credits:
    """Every credit every plan gives, ordered by event time and id."""
    found = Credits()
    originals = {event.event_id: event for event in facts.events}
    for plan in plans:
        for component in plan.components:
            for event in facts.events:
                is_read = event.event_type == component.event and event.is_read_at(component.grain)
                if is_read and earns(event, found.notes):
                    _credit(found, plan, component, event, originals.get(event.original_event_id or "", event), facts)
    when = {event.event_id: sort_key(event) for event in facts.events}
    found.rows.sort(key=lambda row: (row.event_date, when[row.event_id], row.payee_no, row.component_id))
    found.notes = sorted(set(found.notes))
    return found


def sort_key(event: Event) -> tuple[str, str]:
    """Event time, then event id: the order of telescoping."""
    return (event.event_time.isoformat() if event.event_time else event.event_date.isoformat(), event.event_id)


def earns(event: Event, notes: list[Note]) -> bool:
    """Unapplied cash and rebate settlements earn nothing; the first is said aloud."""
    if event.event_type != "cash_applied":
        return True
    if not event.is_applied or event.transaction_id is None:
        notes.append(
            Note(rule="unapplied_cash", subject=event.event_id, message="cash received but not applied to an order earns 0")
        )
        return False
    return event.is_cash


def basis_date(component: Component, event: Event) -> date:
    """The day that decides the period."""
    is_bill = event.bill_maturity_date is not None and component.acceptance_bill == "maturity"
    if is_bill and component.dated_by == "bank_value_date" and event.bill_maturity_date is not None:
        return event.bill_maturity_date
    return event.dates.get(component.dated_by, event.event_date)


def matches(wanted: Filter | None, event: Event) -> bool:
    """True when the event passes every key of the filter."""
    if wanted is None:
        return True
    if any(getattr(event, name) not in values for name, values in wanted.wanted.items()):
        return False
    if wanted.exclude_tags and event.tags & set(wanted.exclude_tags):
        return False
    above = wanted.discount_above is None or event.discount_rate > wanted.discount_above
    return above and (wanted.discount_up_to is None or event.discount_rate <= wanted.discount_up_to)


def multiplier_of(component: Component, event: Event, on: str) -> Decimal:
    """The product of the component's multipliers on the credit, or on the earning."""
    product = ONE
    for one in component.multipliers:
        if (one.on or "earning") == on:
            product *= _factor(one, event)
    return product


def _factor(multiplier: Multiplier, event: Event) -> Decimal:
    if multiplier.by is not None:
        figure = event_figure(event, multiplier.by)
        return next((band.x for band in multiplier.table if band.to is None or figure <= band.to), Decimal(0))
    return multiplier.x if multiplier.x is not None and matches(multiplier.when, event) else ONE


def _credit(found: Credits, plan: Plan, component: Component, event: Event, original: Event, facts: Facts) -> None:
    day = basis_date(component, event)
    version_day = (event.signed_date or original.signed_date or day) if component.plan_version_by == "signed_date" else day
    # a refund answers to the version that paid its event, unless it counts as a credit of its own
    if original is not event and component.refund is not None and component.refund.mode != "current_credit":
        version_day = basis_date(component, original) if component.plan_version_by == "event_date" else version_day
    if not plan.valid.covers(version_day) or not matches(component.filter, original):
        return
    _note_backdating(found, plan, event, day)
    rate, fx_date, problem = _fx(plan, component, event, day, facts)
    if problem:
        found.notes.append(Note(rule="fx_rate_missing", subject=event.event_id, message=problem))
        return
    for holder in _holders(found, component, event, original, day, facts, plan):
        if not _assigned(facts, plan, holder.payee_no, version_day) or not _eligible(plan, facts, holder.payee_no, day):
            continue
        found.rows.append(_row(plan, component, event, original, holder, day, rate, fx_date, facts))
        spot = _rate_on(facts, plan, event, basis_date(component, event))
        if rate != ONE and spot is not None and spot[0] != rate:
            row = found.rows[-1]
            at_event = row.base / rate * spot[0]
            found.fx_differences.append(
                FxDifference(
                    event_id=event.event_id,
                    payee_no=row.payee_no,
                    component_id=component.id,
                    base_locked=row.base,
                    base_at_event=at_event,
                )
            )


def _row(
    plan: Plan,
    component: Component,
    event: Event,
    original: Event,
    holder: Holder,
    day: date,
    rate: Decimal,
    fx_date: date | None,
    facts: Facts,
) -> Credit:
    measured = measure_of(component, event, original)
    factor = multiplier_of(component, original, "credit")
    transaction = event.transaction_id or event.event_id
    return Credit(
        event_id=event.event_id,
        payee_no=holder.payee_no,
        plan_id=plan.plan,
        plan_version=plan.version,
        plan_hash=plan.hash,
        component_id=component.id,
        role=holder.role,
        share=holder.share,
        path=holder.path,
        event_date=day,
        month=month_of(day),
        window=window_of(component, day, transaction, facts),
        transaction_id=transaction,
        measured=measured,
        fx_rate=rate,
        fx_date=fx_date,
        factor=factor,
        base=measured * rate * holder.share * factor,
        split_decided_on=holder.decided_on,
    )


def window_of(component: Component, day: date, transaction: str, facts: Facts) -> str:
    """What the day's base is counted with; a flat rate without a window never resets."""
    if component.accumulate is None:
        return PLAN_WINDOW
    if component.accumulate == "transaction":
        return transaction
    return period_of(day, component.accumulate, facts.fiscal_year_start_month)


def measure_of(component: Component, event: Event, original: Event) -> Decimal:
    """The quantity of the event that this component multiplies."""
    if component.measure != "count":
        value: Decimal = getattr(event, component.measure)
        return value
    if original is event:
        return ONE if event.amount_ex_tax >= 0 else -ONE
    return -ONE if abs(event.amount_ex_tax) >= abs(original.amount_ex_tax) else Decimal(0)


def _note_backdating(found: Credits, plan: Plan, event: Event, day: date) -> None:
    if event.first_seen_on is not None and (event.first_seen_on - day).days > plan.backdating_review_days:
        found.notes.append(
            Note(rule="backdated", subject=event.event_id, message=f"dated {day}, first seen {event.first_seen_on}: review")
        )


def _holders(
    found: Credits, component: Component, event: Event, original: Event, day: date, facts: Facts, plan: Plan
) -> list[Holder]:
    transaction = event.transaction_id or original.transaction_id
    credited = _primary(found, component, event, original, day, facts, plan, transaction)
    if component.credit.override is not None:
        return _managers(credited, facts, day, component.credit.override.levels)
    overlaid = [
        Holder(one.payee_no, one.share, "overlay", "overlay of the split table", one.decided_on)
        for one in _splits(facts, transaction, day)
        if one.is_overlay
    ]
    return [*credited, *overlaid, *_overlays(component, original, facts, day)]


def _primary(
    found: Credits,
    component: Component,
    event: Event,
    original: Event,
    day: date,
    facts: Facts,
    plan: Plan,
    transaction: str | None,
) -> list[Holder]:
    splits = (
        [one for one in _splits(facts, transaction, day) if not one.is_overlay]
        if component.credit.splits == "split_table"
        else []
    )
    if splits:
        whole = sum((one.share for one in splits), Decimal(0))
        if whole != ONE:
            found.notes.append(
                Note(
                    rule="split_not_whole", subject=str(transaction), message=f"shares sum to {whole}, not 1; nobody is credited"
                )
            )
            return []
        return [Holder(one.payee_no, one.share, "split", f"split table {one.share}", one.decided_on) for one in splits]
    by = component.credit.primary
    owner = getattr(event, by) or getattr(original, by)
    owner = _after_leaving(found, plan, facts, owner, event, day)
    if owner is None:
        found.notes.append(Note(rule="ownerless", subject=event.event_id, message=f"no {by}; nobody is credited"))
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


def _after_leaving(found: Credits, plan: Plan, facts: Facts, owner: str | None, event: Event, day: date) -> str | None:
    """Money that arrives after the owner left: grace days, then the successor, or nobody."""
    left = left_on(facts, owner) if owner is not None and plan.leaver is not None else None
    if left is None or plan.leaver is None or day <= left + timedelta(days=plan.leaver.grace_days):
        return owner
    successor = None
    if plan.leaver.pending == "new_owner":
        handed = [one for one in facts.handovers if one.leaver_no == owner and one.transaction_id in (None, event.transaction_id)]
        handed.sort(key=lambda one: one.transaction_id is None)
        successor = handed[0].successor_no if handed else None
    found.notes.append(
        Note(rule="leaver", subject=event.event_id, message=f"{owner} left {left}; credited to {successor or 'nobody'}")
    )
    return successor


def _assigned(facts: Facts, plan: Plan, payee_no: str, day: date) -> bool:
    return any(
        one.payee_no == payee_no
        and one.plan_id == plan.plan
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
        for one in facts.assignments
    )


def _eligible(plan: Plan, facts: Facts, payee_no: str, day: date) -> bool:
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


def _fx(plan: Plan, component: Component, event: Event, day: date, facts: Facts) -> tuple[Decimal, date | None, str | None]:
    """The rate from the event's currency to the plan's, the day it is of, or what is missing."""
    if event.currency == plan.currency or component.measure not in _MONEY:
        return ONE, None, None
    wanted = plan.fx.rate if plan.fx else "signed_date"
    if wanted == "month_average":
        return _average(plan, event, day, facts)
    on = (event.signed_date or day) if wanted == "signed_date" else day
    found = _rate_on(facts, plan, event, on)
    if found is None:
        return ONE, None, f"no {event.currency} rate on or before {on}"
    return found[0], found[1], None


def _rate_on(facts: Facts, plan: Plan, event: Event, day: date) -> tuple[Decimal, date] | None:
    rates = [one for one in _rates(facts, plan, event) if one[1] <= day]
    return max(rates, key=lambda one: one[1]) if rates else None


def _rates(facts: Facts, plan: Plan, event: Event) -> list[tuple[Decimal, date]]:
    kind = plan.fx.type if plan.fx else None
    return [
        (one.rate, one.rate_date) for one in facts.fx_rates if one.currency == event.currency and kind in (None, one.rate_type)
    ]


def _average(plan: Plan, event: Event, day: date, facts: Facts) -> tuple[Decimal, date | None, str | None]:
    first, last = first_day(month_of(day)), last_day(month_of(day))
    inside = [rate for rate, on in _rates(facts, plan, event) if first <= on <= last]
    if not inside:
        return ONE, None, f"no {event.currency} rate in {month_of(day)}"
    return sum(inside, Decimal(0)) / len(inside), last, None


def is_flat(component: Component) -> bool:
    """True when each event has its own rate and no counter is read."""
    return isinstance(component.rate, FlatRate)
