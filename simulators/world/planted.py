"""What is put into the world on purpose: cancellations, late and backdated entries, deletions, a merge, rows that are wrong.

What to add here: a surprise, together with the line of `truth/planted.csv` that says where it is.
What belongs elsewhere: the ordinary course of business (`sales.py`, `cash.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulators.world.cash import Cash, Payment, number_payment
from simulators.world.clock import DAY, LAST_DAY, day, moment, next_workday
from simulators.world.customers import Customer
from simulators.world.sales import Order, Sales

MERGED_ON = {"fxiaoke": day(2026, 8, 20), "zoho": day(2026, 9, 10)}
POOLED_ON = day(2026, 8, 5)  # a day on which nobody leaves
QUARTER_ENDS = (day(2026, 6, 30), day(2026, 9, 30))


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing put in on purpose: what, where, from when, and what somebody should notice."""

    kind: str
    source: str
    object: str
    key: str
    at: int
    note: str


@dataclass(slots=True)
class Merge:
    """Two records of one company within a CRM, merged: the loser vanishes, what it owned moves to the winner."""

    crm: str
    loser: Customer
    winner: Customer
    at: int


def plant_orders(seed: int, sales: Sales) -> None:
    """Orders that are cancelled, deleted, entered late or wait for approval. Before numbers are given."""
    rng = Random(f"{seed}:planted:orders")
    for order in sales.orders:
        dice = rng.random()
        if dice < 0.012:
            order.cancelled_at = min(order.at + rng.choice((1, 2, 4, 18, 30)) * DAY + 7200, moment(LAST_DAY, 17))
        elif dice < 0.017:
            _enter_late(order, next_workday(order.day + rng.randrange(6, 26)), rng)
        elif dice < 0.021 and order.customer.crm == "fxiaoke":
            order.pending_until = moment(next_workday(order.day + rng.randrange(2, 6)), 10, rng.randrange(60))
    _enter_after_the_quarter(rng, sales.orders)
    _delete(rng, sales.orders)
    waiting = [o for o in sales.orders if o.customer.crm == "fxiaoke" and o.day > day(2026, 11, 10) and _untouched(o)]
    for order in waiting[:4]:
        order.pending_until = moment(LAST_DAY + 30, 9)
        order.delivery_day = LAST_DAY + 30


def _enter_after_the_quarter(rng: Random, orders: list[Order]) -> None:
    """Orders of a quarter's last days that are typed in when the next one has begun."""
    for end in QUARTER_ENDS:
        for crm in ("fxiaoke", "zoho"):
            near = [o for o in orders if o.customer.crm == crm and end - 6 <= o.day <= end and _untouched(o)]
            for place, order in enumerate(rng.sample(near, min(3, len(near)))):
                _enter_late(order, next_workday(end + 6 + 3 * place), rng)


def _delete(rng: Random, orders: list[Order]) -> None:
    """Orders that somebody removes from the CRM weeks after typing them in, so that a night in between has seen them."""
    for crm, endings in (("fxiaoke", ("permanent", "permanent", "invalid")), ("zoho", ("recycle", "recycle", "permanent"))):
        for start in (day(2026, 6, 12), day(2026, 8, 14), day(2026, 11, 2)):
            near = [o for o in orders if o.customer.crm == crm and start <= o.day <= start + 14 and _untouched(o)]
            for ending, order in zip(endings, rng.sample(near, min(3, len(near))), strict=False):
                order.deleted = ending
                order.deleted_at = order.at + rng.randrange(15, 25) * DAY + 3600


def _untouched(order: Order) -> bool:
    return order.gone_at is None and order.pending_until is None and order.at // DAY == order.day


def _enter_late(order: Order, entered: int, rng: Random) -> None:
    order.at = moment(entered, 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60))
    if entered > LAST_DAY:
        order.at = moment(LAST_DAY, 17, 30, rng.randrange(60))
    order.delivery_day = max(order.delivery_day, next_workday(order.at // DAY + 1))


def plant_merges(customers: list[Customer], sales: Sales) -> list[Merge]:
    """One pair in each CRM turns out to be one company; the lighter record is merged into the heavier."""
    counts: dict[str, list[int]] = {}
    for order in sales.orders:
        counts.setdefault(order.customer.account_id, []).append(order.day)
    merges = []
    for crm, on in MERGED_ON.items():
        plain = [c for c in customers if c.crm == crm and not c.link and c.currency == "CNY" and counts.get(c.account_id)]
        early = [c for c in plain if max(counts[c.account_id]) < on and min(counts[c.account_id]) < day(2025, 6, 1)]
        pairs = (
            (loser, winner)
            for loser in early
            for winner in plain
            if winner is not loser
            and winner.region == loser.region
            and min(counts[winner.account_id]) < day(2025, 6, 1)
            and len(counts[loser.account_id]) < len(counts[winner.account_id])
            and winner.last_order > on
        )
        loser, winner = next(pairs, (None, None))
        if loser is None or winner is None:
            continue
        loser.entity = winner.entity
        loser.name = f"{winner.name}(旧)"
        loser.uscc = winner.uscc
        merges.append(Merge(crm, loser, winner, moment(on, 15, 20)))
    return merges


def plant_pool(customers: list[Customer], sales: Sales) -> list[Customer]:
    """Customers sent back to the pool (公海) although they still owe: nobody owns them from then on."""
    bought: dict[str, list[Order]] = {}
    for order in sales.orders:
        bought.setdefault(order.customer.account_id, []).append(order)
    pooled = []
    for customer in customers:
        orders = bought.get(customer.account_id, [])
        if customer.crm == "fxiaoke" and not customer.link and orders and customer.owners[-1][0] < POOLED_ON:
            last = max(orders, key=lambda order: order.day)
            if POOLED_ON - 60 < last.day < POOLED_ON - 25 and last.gross > 4_000_000 and last.gone_at is None:
                pooled.append(customer)
    for customer in pooled[:3]:
        customer.owners.append((POOLED_ON, ""))
        customer.orphaned = POOLED_ON
        customer.last_order = POOLED_ON - 1
    return pooled[:3]


def plant_payments(seed: int, cash: Cash) -> None:
    """Payments typed in long after the money came, and money that nobody could assign."""
    rng = Random(f"{seed}:planted:payments")
    after = max(60_000, len(cash.payments))  # numbers that no payment has
    for crm in ("fxiaoke", "zoho"):
        for end in QUARTER_ENDS:
            near = [p for p in cash.payments if p.customer.crm == crm and end - 8 <= p.day <= end and not p.kind]
            for payment in rng.sample(near, min(3, len(near))):
                payment.kind = "backdated"
                payment.at = moment(next_workday(end + rng.randrange(9, 20)), 15, rng.randrange(60), rng.randrange(60))
                for part in payment.parts:
                    part.allocated = payment.at // DAY
        sources = [p for p in cash.payments if p.customer.crm == crm and p.currency == "CNY"]
        for place, source in enumerate(rng.sample(sources, min(14, len(sources))), start=1):
            amount = rng.randrange(5, 220) * 100_000 if crm == "fxiaoke" else rng.randrange(1, 40) * 50_000
            stray = Payment("", "", source.customer, source.day, source.at + 600, "4", amount, "CNY", [], kind="unapplied")
            number_payment(rng, stray, after + place + (100 if crm == "zoho" else 0))
            cash.payments.append(stray)
    cash.payments.sort(key=lambda payment: (payment.at, payment.id))


def plant_reowned(seed: int, sales: Sales, customers: list[Customer]) -> None:
    """Some orders change hands together with their customer, weeks after they were signed."""
    rng = Random(f"{seed}:planted:reowned")
    for customer in customers:
        for since, owner in customer.owners[1:]:
            if since < day(2026, 8, 1) or not owner or rng.random() > 0.3:
                continue
            for order in sales.orders:
                if (
                    order.customer is customer
                    and since - 60 < order.day < since
                    and order.gone_at is None
                    and order.at // DAY < since
                ):
                    order.reowned.append((moment(since, 9, 5), owner))


def describe(sales: Sales, cash: Cash, merges: list[Merge], pooled: list[Customer]) -> list[Planted]:
    """A line for every surprise."""
    found = []
    for order in sales.orders:
        name = "orders"
        crm = order.customer.crm
        if order.cancelled_at is not None:
            found.append(
                Planted(
                    "cancelled_order", crm, name, order.id, order.cancelled_at,
                    "stays on its day and is taken back on this one, if a night saw it",
                )
            )
        if order.deleted and order.deleted_at is not None:
            found.append(Planted(f"deleted_{order.deleted}", crm, name, order.id, order.deleted_at, "the CRM no longer shows it"))
        if order.pending_until is not None:
            found.append(Planted("in_approval", crm, name, order.id, order.at, "under_review does not count until it is normal"))
        if order.at // DAY - order.day > 4:
            found.append(Planted("late_entered_order", crm, name, order.id, order.at, "bears a day long before it was typed in"))
        found += [
            Planted("reowned_order", crm, name, order.id, at, f"from {order.owner} to {owner}; the sale stays with {order.owner}")
            for at, owner in order.reowned
        ]
    found += [
        Planted(
            f"{payment.kind}_payment",
            payment.customer.crm,
            "payments",
            payment.id,
            payment.at,
            {
                "backdated": "bears a day long before it was typed in",
                "overpaid": "more came than its parts explain",
                "unapplied": "belongs to no order",
            }[payment.kind],
        )
        for payment in cash.payments
        if payment.kind
    ]
    found += [
        Planted(
            "merged_customer", merge.crm, "accounts", merge.loser.account_id, merge.at, f"merged into {merge.winner.account_id}"
        )
        for merge in merges
    ]
    found += [
        Planted("pooled_customer", c.crm, "accounts", c.account_id, moment(POOLED_ON, 9, 5), "has no owner and owes money")
        for c in pooled
    ]
    return found
