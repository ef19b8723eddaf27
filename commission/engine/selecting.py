"""Steps 1 and 2: which events count, on which day, in which order, and which of them take back another.

Add a question asked of one event here; whom it is credited to is `holders`.
"""

from __future__ import annotations

from datetime import date

from commission.engine.facts import Event
from commission.engine.results import Note
from commission.plan import Component
from commission.plan.component import Filter


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


def takes_back(component: Component, event: Event, original: Event) -> bool:
    """True of a refund that undoes or returns its original: version, holders and rate are those of the original's day.

    Whoever was credited answers for it, whoever owns, manages or shares the deal by now; a credit of its own asks its own day.
    """
    return original is not event and component.refund is not None and component.refund.mode != "current_credit"
