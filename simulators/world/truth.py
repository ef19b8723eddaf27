"""What is true of the world, worked out from what happened and never from the records: for tests to compare with.

What to add here: a truth that a test needs, as a CSV beside the others.
What belongs elsewhere: surprises (`planted.py`), how the warehouse works the same numbers out (the dbt project).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.world.books import write_csv
from simulators.world.cash import REBATE, Cash
from simulators.world.clock import DAY, LAST_DAY, day, iso, iso_day, moment, month_of
from simulators.world.customers import Customer
from simulators.world.money import half_up, ten_thousandths, to_base
from simulators.world.people import Person, department_on
from simulators.world.planted import Merge, Planted
from simulators.world.sales import Order, Sales

NEVER = moment(day(2099, 12, 31), 0)
# The demo's today, two ends of a quarter a few days later, and the end of the story.
MOMENTS = (moment(day(2026, 7, 1), 2), moment(day(2026, 10, 1), 2), moment(day(2026, 11, 21), 2), moment(LAST_DAY + 1, 2))
AR_DAYS = (day(2026, 6, 30), day(2026, 9, 30), day(2026, 11, 20), LAST_DAY)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that counts for a department on a day, while it is known."""

    kind: str  # order, return, credit_note, collection, rebate, won, lost
    crm: str
    id: str
    order_id: str
    account_id: str
    entity: int
    department: str
    employee: str
    day: int
    known_from: int
    known_until: int
    amount: (
        int  # ten-thousandths of a yuan: net of VAT for order and return, with VAT for collections, as entered for won and lost
    )


def events_of(sales: Sales, cash: Cash, people: list[Person]) -> list[Event]:
    """Every event of the world, in order of kind and day."""
    seats = {person.no: person for person in people}
    events = [*_orders(sales), *_returns(cash, seats), *_collections(cash, seats), *_outcomes(sales)]
    return sorted(events, key=lambda event: (event.kind, event.day, event.id))


def _of(kind: str, order: Order, key: str, **more: Any) -> Event:
    """An event of an order."""
    customer = order.customer
    return Event(
        kind=kind,
        crm=customer.crm,
        id=key,
        order_id=order.id,
        account_id=customer.account_id,
        entity=customer.entity,
        employee=order.owner,
        **more,
    )


def _orders(sales: Sales) -> Iterator[Event]:
    for order in sales.orders:
        yield _of(
            "order",
            order,
            order.id,
            department=order.department,
            day=order.day,
            known_from=order.at if order.pending_until is None else order.pending_until,
            known_until=NEVER if order.gone_at is None else order.gone_at,
            amount=order.net_base_e4,
        )


def _returns(cash: Cash, seats: dict[str, Person]) -> Iterator[Event]:
    """Goods that came back, without VAT in the proportion of their order. Zoho has no returns: finance writes credit notes."""
    for back in cash.returns:
        order = back.order
        is_return = order.customer.crm == "fxiaoke"
        net = half_up(back.amount * order.net_e4, order.gross) if is_return else to_base(back.net, order.day, order.currency)
        yield _of(
            "return" if is_return else "credit_note",
            order,
            back.id,
            department=department_on(seats, order.owner, back.day, order.department),
            day=back.day,
            known_from=back.at if is_return else back.at + 3600,
            known_until=NEVER,
            amount=-net,
        )


def _collections(cash: Cash, seats: dict[str, Person]) -> Iterator[Event]:
    """Money that settles an order, at the rate of the order, for the department its seller sits in when it comes."""
    for payment in cash.payments:
        for part in payment.parts:
            order = part.order
            yield _of(
                "rebate" if payment.method == REBATE else "collection",
                order,
                part.id,
                department=department_on(seats, order.owner, payment.day, order.department),
                day=payment.day,
                known_from=payment.at,
                known_until=NEVER,
                amount=to_base(part.amount, order.day, order.currency),
            )


def _outcomes(sales: Sales) -> Iterator[Event]:
    for chance in sales.opportunities:
        if chance.closed_day is None:
            continue
        last, customer = chance.stages[-1], chance.customer
        yield Event(
            kind=chance.outcome,
            crm=customer.crm,
            id=chance.id,
            order_id=chance.order.id if chance.order else "",
            account_id=customer.account_id,
            entity=customer.entity,
            department=customer.department,
            employee=customer.owner_on(last.at // DAY) or chance.owner,
            day=last.at // DAY,
            known_from=last.at,
            known_until=NEVER,
            amount=to_base(last.amount, last.at // DAY, chance.currency),
        )


def known(events: Iterable[Event], at: int, as_of: int) -> Iterator[Event]:
    """The events that were known at a moment and lie on or before a day."""
    return (event for event in events if event.known_from <= at < event.known_until and event.day <= as_of)


def write_truth(
    folder: Path,
    sales: Sales,
    cash: Cash,
    customers: list[Customer],
    people: list[Person],
    merges: list[Merge],
    planted: list[Planted],
) -> None:
    """All truths as CSV files."""
    events = events_of(sales, cash, people)
    write_csv(
        folder / "events.csv",
        (
            "kind",
            "crm",
            "id",
            "order_id",
            "account_id",
            "customer",
            "department_id",
            "employee_no",
            "date",
            "known_from",
            "known_until",
            "amount",
        ),
        (
            (
                e.kind,
                e.crm,
                e.id,
                e.order_id,
                e.account_id,
                f"C{e.entity:05}",
                e.department,
                e.employee,
                iso_day(e.day),
                iso(e.known_from),
                "" if e.known_until == NEVER else iso(e.known_until),
                ten_thousandths(e.amount),
            )
            for e in events
        ),
    )
    _monthly(folder, events)
    _customers(folder, customers, merges)
    _receivables(folder, cash, people)
    write_csv(
        folder / "planted.csv",
        ("kind", "source", "object", "key", "at", "note"),
        (
            (p.kind, p.source, p.object, p.key, iso(p.at), p.note)
            for p in sorted(planted, key=lambda p: (p.kind, p.source, p.at, p.key))
        ),
    )


def _monthly(folder: Path, events: list[Event]) -> None:
    """The same by department and month, as far as it was known at each of the moments."""
    amounts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    fresh: dict[tuple[str, str], int] = defaultdict(int)
    for at in MOMENTS:
        first: dict[int, int] = {}
        for event in known(events, at, at // DAY - 1):
            key = (iso(at), month_of(event.day), event.department)
            amounts[key][event.kind] += event.amount
            counts[key][event.kind] += 1
            if event.kind == "order":
                first[event.entity] = min(first.get(event.entity, event.day), event.day)
        for ordinal in first.values():
            fresh[iso(at), month_of(ordinal)] += 1
    keys = sorted(amounts)
    head = ("known_at", "month", "department_id")
    write_csv(
        folder / "monthly_sales.csv",
        (*head, "orders", "orders_net", "returns_net", "signed_sales", "credit_notes_net"),
        (
            (
                *key,
                counts[key]["order"],
                *map(
                    ten_thousandths,
                    (
                        amounts[key]["order"],
                        amounts[key]["return"],
                        amounts[key]["order"] + amounts[key]["return"],
                        amounts[key]["credit_note"],
                    ),
                ),
            )
            for key in keys
        ),
    )
    write_csv(
        folder / "monthly_collections.csv",
        (*head, "collections", "rebates"),
        ((*key, ten_thousandths(amounts[key]["collection"]), ten_thousandths(amounts[key]["rebate"])) for key in keys),
    )
    write_csv(
        folder / "monthly_outcomes.csv",
        (*head, "won", "lost", "won_amount", "lost_amount"),
        (
            (*key, counts[key]["won"], counts[key]["lost"], *(ten_thousandths(amounts[key][kind]) for kind in ("won", "lost")))
            for key in keys
        ),
    )
    write_csv(
        folder / "monthly_new_customers.csv",
        ("known_at", "month", "new_customers"),
        ((*key, count) for key, count in sorted(fresh.items())),
    )


def _customers(folder: Path, customers: list[Customer], merges: list[Merge]) -> None:
    merged = {merge.loser.account_id: merge for merge in merges}
    write_csv(
        folder / "customers.csv",
        ("customer", "crm", "account_id", "name", "uscc", "known_by", "merged_into", "merged_at"),
        (
            (
                f"C{c.entity:05}",
                c.crm,
                c.account_id,
                c.name,
                c.uscc.strip().upper(),
                c.link,
                merged[c.account_id].winner.account_id if c.account_id in merged else "",
                iso(merged[c.account_id].at) if c.account_id in merged else "",
            )
            for c in sorted(customers, key=lambda c: (c.entity, c.crm, c.account_id))
        ),
    )
    write_csv(
        folder / "owners.csv",
        ("crm", "account_id", "since", "employee_no"),
        ((c.crm, c.account_id, iso_day(since), owner) for c in customers for since, owner in c.owners),
    )


def _receivables(folder: Path, cash: Cash, people: list[Person]) -> None:
    """What is owed per instalment on chosen days, as known in the night after them."""
    left = {person.no: person.left for person in people}
    write_csv(
        folder / "receivables.csv",
        (
            "as_of",
            "crm",
            "department_id",
            "invoice_no",
            "instalment_no",
            "account_id",
            "due_date",
            "days_past_due",
            "currency_code",
            "outstanding",
            "outstanding_base",
            "account_owner",
            "is_ownerless",
        ),
        (row for on in AR_DAYS for row in _owed(cash, on, left)),
    )


def _owed(cash: Cash, on: int, left: dict[str, int | None]) -> Iterator[tuple[object, ...]]:
    """The instalments open on a day; nobody owns a customer in the pool, or one whose owner has left."""
    paid: dict[str, int] = defaultdict(int)
    reduced: dict[tuple[str, int], int] = defaultdict(int)
    known_at = moment(on + 1, 2)
    for payment in cash.payments:
        for part in payment.parts if payment.day <= on and payment.at <= known_at else ():
            if part.allocated <= on:
                paid[part.invoice.no] += part.amount
    for entry in cash.entries:
        if entry.day <= on and entry.at <= known_at:
            reduced[entry.invoice.no, entry.instalment] += entry.amount
    for invoice in cash.invoices:
        if invoice.day > on:
            continue
        order, rest = invoice.order, paid[invoice.no]
        owner = order.customer.owner_on(on)
        gone = left.get(owner)
        for instalment in invoice.instalments:
            owed = instalment.amount - reduced[invoice.no, instalment.no]
            used = min(rest, owed)
            rest, owed = rest - used, owed - used
            if owed:
                yield (
                    iso_day(on),
                    order.customer.crm,
                    order.department,
                    invoice.no,
                    instalment.no,
                    order.customer.account_id,
                    iso_day(instalment.due),
                    max(on - instalment.due, 0),
                    order.currency,
                    ten_thousandths(owed * 100),
                    ten_thousandths(to_base(owed, order.day, order.currency)),
                    owner,
                    "yes" if not owner or (gone is not None and gone < on) else "no",
                )
