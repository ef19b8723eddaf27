"""Steps 3 to 5: events as credits, in the plan's currency, filtered by component, each with what its base is made of.

Add a figure of a credit here; which events there are is `selecting`, whose they are `holders`, what a credit earns `earning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from commission.engine.facts import Event, Facts
from commission.engine.holders import Holder, holders_of, is_assigned, is_eligible
from commission.engine.money import fixed
from commission.engine.periods import PLAN_WINDOW, first_day, last_day, month_of, period_of
from commission.engine.rating import event_figure
from commission.engine.results import Credit, FxDifference, Note
from commission.engine.selecting import basis_date, earns, matches, sort_key, takes_back
from commission.plan import Component, Plan
from commission.plan.component import Multiplier
from commission.plan.rates import FlatRate

ONE = Decimal(1)
_MONEY = ("amount_ex_tax", "amount_incl_tax", "gross_margin", "mrr")


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
    is_back = takes_back(component, event, original)
    decided = basis_date(component, original) if is_back else day
    signed = event.signed_date or original.signed_date or decided
    version_day = signed if component.plan_version_by == "signed_date" else decided
    if not plan.valid.covers(version_day) or not matches(component.filter, original):
        return
    _note_backdating(found, plan, event, day)
    rate, fx_date, problem = _fx(plan, component, event, signed, decided, facts)
    if problem:
        found.notes.append(Note(rule="fx_rate_missing", subject=event.event_id, message=problem))
        return
    for holder in holders_of(found.notes, plan, component, event, original, facts, day=decided, is_back=is_back):
        if not is_assigned(facts, plan, holder.payee_no, version_day) or not is_eligible(plan, facts, holder.payee_no, decided):
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


def whole_of(component: Component, event: Event, measured: Decimal) -> Decimal | None:
    """What the whole transaction measures of which the event is a part, by its part of the amount; None where nobody knows."""
    total = event.transaction_total
    if component.measure == "amount_ex_tax":
        return total
    if component.measure == "count" or total is None or not event.amount_ex_tax:
        return None
    return fixed(measured * total / event.amount_ex_tax)


def _note_backdating(found: Credits, plan: Plan, event: Event, day: date) -> None:
    if event.first_seen_on is not None and (event.first_seen_on - day).days > plan.backdating_review_days:
        found.notes.append(
            Note(rule="backdated", subject=event.event_id, message=f"dated {day}, first seen {event.first_seen_on}: review")
        )


def _fx(
    plan: Plan, component: Component, event: Event, signed: date, day: date, facts: Facts
) -> tuple[Decimal, date | None, str | None]:
    """The rate from the event's currency to the plan's, the day it is of, or what is missing."""
    if event.currency == plan.currency or component.measure not in _MONEY:
        return ONE, None, None
    wanted = plan.fx.rate if plan.fx else "signed_date"
    if wanted == "month_average":
        return _average(plan, event, day, facts)
    on = signed if wanted == "signed_date" else day
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
