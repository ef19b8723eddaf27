"""Builders for small commission worlds: a plan in a few words, events in one line each.

Add an argument when a rule needs one; expected figures stay in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from commission.engine import Assignment, Calculation, Event, Facts, calculate
from commission.plan import Plan, load_plan_text

E1_TABLE = "[{from: 0, to: 500000, rate: 0.010}, {from: 500000, to: 1000000, rate: 0.015}, {from: 1000000, rate: 0.025}]"


def plan_of(*components: str, version: int = 1, valid: str = "{from: 2026-01-01, to: 2026-12-31}", extra: str = "") -> Plan:
    """A plan `p` of these components, each written as YAML flow text without its id braces."""
    body = "\n".join(f"  - {{{component}}}" for component in components)
    return load_plan_text(
        f"plan: p\nversion: {version}\ntitle: 办法\nvalid: {valid}\ncurrency: CNY\n"
        f"approved_by: [{{role: finance, id: E901, at: 2025-12-01}}]\naccepted_by: signatures/p.csv\n"
        f"components:\n{body}\n{extra}\n"
    )


def rated(
    kind: str = "marginal", window: str = "quarter", table: str = E1_TABLE, boundary: str = "lower_inclusive", more: str = ""
) -> str:
    """One component `base` on signed orders with a table."""
    tail = f", {more}" if more else ""
    words = "" if kind == "interpolated" else f"boundary: {boundary}, "
    return f"id: base, event: signed, accumulate: {window}, rate: {{kind: {kind}, {words}table: {table}}}{tail}"


def flat(rate: str, more: str = "", event: str = "signed") -> str:
    """One component `base` at a flat rate."""
    return f"id: base, event: {event}, rate: {{kind: flat, rate: {rate}}}{', ' + more if more else ''}"


def day(text: str) -> date:
    """2026-02-03 from text, or the month's and day's part of 2026."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def order(event_id: str, on: str, amount: str, owner: str = "A", **more: Any) -> Event:
    """A signed order of 2026 by day and amount ex tax."""
    values: dict[str, Any] = {"event_type": "signed", "transaction_id": event_id, "signed_date": day(on)} | more
    return Event(event_id=event_id, event_date=day(on), amount_ex_tax=Decimal(amount), owner_at_signature=owner, **values)


def cash(event_id: str, on: str, amount: str, transaction: str = "O1", owner: str = "A", **more: Any) -> Event:
    """Money applied to an order."""
    return order(event_id, on, amount, owner, event_type="cash_applied", transaction_id=transaction, **more)


def facts_of(events: Sequence[Event], payees: Sequence[str] = "A", **more: Any) -> Facts:
    """Facts in which every letter, or name, of `payees` is under plan `p`."""
    assigned = tuple(Assignment(payee_no=payee, plan_id="p", valid_from=date(2025, 1, 1)) for payee in payees)
    return Facts(events=tuple(events), **({"assignments": assigned} | more))


def run(
    plans: Plan | Sequence[Plan], events: Sequence[Event], payees: Sequence[str] = "A", through: str = "2026-12", **more: Any
) -> Calculation:
    """The calculation of these events under these plans."""
    return calculate([plans] if isinstance(plans, Plan) else plans, facts_of(events, payees, **more), through)


def cents_by_event(done: Calculation) -> dict[str, str]:
    """Attributed cents by event, summed over payees."""
    found: dict[str, Decimal] = {}
    for one in done.earning_events:
        found[one.event_id] = found.get(one.event_id, Decimal(0)) + one.amount
    return {event_id: str(amount) for event_id, amount in found.items()}


def amounts(done: Calculation, payee: str = "A") -> dict[str, str]:
    """What each month earned one payee before guards."""
    found: dict[str, Decimal] = {}
    for row in done.earnings:
        if row.payee_no == payee:
            found[row.month] = found.get(row.month, Decimal(0)) + row.amount
    return {month: str(amount) for month, amount in sorted(found.items())}


def lines(done: Calculation, payee: str = "A") -> list[tuple[str, str, str]]:
    """Month, type and amount of every ledger line of one payee."""
    return [(line.posting_period, line.entry_type, str(line.amount)) for line in done.lines if line.payee_no == payee]


def paid(done: Calculation, months: Sequence[str], payee: str = "A") -> list[str]:
    """What each month pays."""
    return [str(done.payable(payee, month)) for month in months]
