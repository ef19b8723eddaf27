"""What is true of the world, worked out from what happened and never from the records: for tests to compare with.

What to add here: a truth that a test needs, as a CSV beside the others.
What belongs elsewhere: surprises (`planted.py`), how the warehouse works the same numbers out (the dbt project).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulators.world.books import write_csv
from simulators.world.cash import REBATE, Cash
from simulators.world.clock import DAY, LAST_DAY, day, iso, iso_day, moment, month_of
from simulators.world.customers import Customer
from simulators.world.money import ten_thousandths, to_base
from simulators.world.people import Person
from simulators.world.planted import Merge, Planted
from simulators.world.sales import Sales

NEVER = moment(day(2099, 12, 31), 0)
# The demo's today, two ends of a quarter a few days later, and the end of the story.
MOMENTS = (moment(day(2026, 7, 1), 2), moment(day(2026, 10, 1), 2), moment(day(2026, 11, 21), 2), moment(LAST_DAY + 1, 2))
AR_DAYS = (day(2026, 6, 30), day(2026, 9, 30), day(2026, 11, 20))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that counts for a department on a day, while it is known."""

    kind: str  # order, return, collection, rebate, won, lost
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


def events_of(sales: Sales, cash: Cash) -> list[Event]:
    """Every event of the world."""
    return [*_orders(sales), *_returns(cash), *_collections(cash), *_outcomes(sales)]


def _orders(sales: Sales) -> Iterator[Event]:
    for o in sales.orders:
        yield Event(
            "order",
            o.customer.crm,
            o.id,
            o.id,
            o.customer.account_id,
            o.customer.entity,
            o.department,
            o.owner,
            o.day,
            o.pending_until if o.pending_until is not None else o.at,
            o.gone_at if o.gone_at is not None else NEVER,
            o.net_base_e4,
        )


def _returns(cash: Cash) -> Iterator[Event]:
    for back in cash.returns:
        order = back.order
        if order.customer.crm == "fxiaoke":
            net = (2 * back.amount * 10_000 + 113) // 226
            known = back.at
        else:
            net = to_base(back.net, order.day, order.currency)
            known = back.at + 3600
        yield Event(
            "return",
            order.customer.crm,
            back.id,
            order.id,
            order.customer.account_id,
            order.customer.entity,
            order.department,
            order.owner,
            back.day,
            known,
            NEVER,
            -net,
        )


def _collections(cash: Cash) -> Iterator[Event]:
    for payment in cash.payments:
        for part in payment.parts:
            yield Event(
                "rebate" if payment.method == REBATE else "collection",
                payment.customer.crm,
                part.id,
                part.order.id,
                payment.customer.account_id,
                payment.customer.entity,
                part.order.department,
                part.order.owner,
                payment.day,
                payment.at,
                NEVER,
                to_base(part.amount, payment.day, payment.currency),
            )


def _outcomes(sales: Sales) -> Iterator[Event]:
    for chance in sales.opportunities:
        if chance.closed_day is None:
            continue
        last = chance.stages[-1]
        owner = chance.customer.owner_on(last.at // DAY) or chance.owner
        yield Event(
            chance.outcome,
            chance.customer.crm,
            chance.id,
            chance.order.id if chance.order else "",
            chance.customer.account_id,
            chance.customer.entity,
            chance.customer.department,
            owner,
            last.at // DAY,
            last.at,
            NEVER,
            to_base(last.amount, last.at // DAY, chance.currency),
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
    events = events_of(sales, cash)
    events.sort(key=lambda e: (e.kind, e.day, e.id))
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
    _receivables(folder, cash, customers, people)
    write_csv(
        folder / "planted.csv",
        ("kind", "source", "object", "key", "at", "note"),
        (
            (p.kind, p.source, p.object, p.key, iso(p.at), p.note)
            for p in sorted(planted, key=lambda p: (p.kind, p.source, p.at, p.key))
        ),
    )


def _monthly(folder: Path, events: list[Event]) -> None:
    sales: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    cash: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    outcomes: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    fresh: dict[tuple[str, str], int] = defaultdict(int)
    for at in MOMENTS:
        first: dict[int, int] = {}
        for event in known(events, at, at // DAY - 1):
            key = (iso(at), month_of(event.day), event.department)
            if event.kind == "order":
                sales[key][0] += event.amount
                sales[key][1] += 1
                first[event.entity] = min(first.get(event.entity, event.day), event.day)
            elif event.kind == "return":
                sales[key][2] += event.amount
            elif event.kind in ("collection", "rebate"):
                cash[key][event.kind == "rebate"] += event.amount
            else:
                outcomes[key][0 if event.kind == "won" else 1] += 1
                outcomes[key][2 if event.kind == "won" else 3] += event.amount
        for ordinal in first.values():
            fresh[iso(at), month_of(ordinal)] += 1
    write_csv(
        folder / "monthly_sales.csv",
        ("known_at", "month", "department_id", "orders", "orders_net", "returns_net", "signed_sales"),
        (
            (*key, count, ten_thousandths(net), ten_thousandths(back), ten_thousandths(net + back))
            for key, (net, count, back) in sorted(sales.items())
        ),
    )
    write_csv(
        folder / "monthly_collections.csv",
        ("known_at", "month", "department_id", "collections", "rebates"),
        ((*key, *map(ten_thousandths, row)) for key, row in sorted(cash.items())),
    )
    write_csv(
        folder / "monthly_outcomes.csv",
        ("known_at", "month", "department_id", "won", "lost", "won_amount", "lost_amount"),
        ((*key, row[0], row[1], ten_thousandths(row[2]), ten_thousandths(row[3])) for key, row in sorted(outcomes.items())),
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


def _receivables(folder: Path, cash: Cash, customers: list[Customer], people: list[Person]) -> None:
    """What is owed per instalment on chosen days, everything counted by its own date whenever it was booked."""
    seats = {person.no: person for person in people}
    rows = []
    for on in AR_DAYS:
        paid: dict[str, int] = defaultdict(int)
        reduced: dict[tuple[str, int], int] = defaultdict(int)
        for payment in cash.payments:
            if payment.day <= on:
                for part in payment.parts:
                    paid[part.invoice.no] += part.amount
        for entry in cash.entries:
            if entry.day <= on:
                reduced[entry.invoice.no, entry.instalment] += entry.amount
        for invoice in cash.invoices:
            if invoice.day > on:
                continue
            left, customer = paid[invoice.no], invoice.order.customer
            owner = customer.owner_on(on)
            gone = not owner or seats[owner].left is not None and seats[owner].left < on  # type: ignore[operator]
            for instalment in invoice.instalments:
                owed = instalment.amount - reduced[invoice.no, instalment.no]
                used = min(left, owed)
                left, owed = left - used, owed - used
                if owed:
                    rows.append(
                        (
                            iso_day(on),
                            customer.crm,
                            invoice.order.department,
                            invoice.no,
                            instalment.no,
                            customer.account_id,
                            iso_day(instalment.due),
                            max(on - instalment.due, 0),
                            invoice.order.currency,
                            ten_thousandths(owed * 100),
                            ten_thousandths(to_base(owed, invoice.order.day, invoice.order.currency)),
                            owner,
                            "yes" if gone else "no",
                        )
                    )
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
        rows,
    )
