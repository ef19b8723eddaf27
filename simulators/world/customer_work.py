"""What the company notes about single customers: who is strategic, how they were served, what they raised; and calls on deals.

What to add here: a file about customers or deals that the generator can fill believably.
What belongs elsewhere: surveys and the market (`performance.py`), what is true of tiers (`tiering.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulators.world.books import month_end, write_csv
from simulators.world.clock import DAY, LAST_DAY, MONTHS, QUARTERS, day, iso, iso_day, moment, month_of, quarter_of_month
from simulators.world.customers import Customer
from simulators.world.money import cents, half_up, to_base
from simulators.world.people import REP, Person
from simulators.world.products import Product
from simulators.world.sales import Order, Sales

FILES: dict[str, tuple[str, ...]] = {
    "strategic_customers": (
        "crm", "account_id", "tier", "wallet_amount", "wallet_source", "strategy", "next_step", "next_step_due",
        "valid_from", "valid_to", "reason", "approved_by",
    ),
    "service_log": (
        "entry_id", "kind", "crm", "account_id", "employee_no", "opened_at", "due_on", "responded_at", "resolved_at",
    ),
    "feedback": (
        "feedback_id", "crm", "account_id", "employee_no", "category", "product_code",
        "raised_on", "accepted_on", "fixed_on", "told_on",
    ),
    "forecast_calls": ("period", "employee_no", "level", "category", "called_on", "amount"),
}
CATEGORIES = ("漏油", "交期", "包装", "尺寸", "说明书")
MANAGERS = {"D1": "E100", "D2": "E200"}


@dataclass(frozen=True, slots=True)
class Strategic:
    """A decision about one customer for some time."""

    customer: Customer
    tier: str
    wallet: int  # cents
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Served:
    """A case, a complaint or a call back."""

    kind: str
    customer: Customer
    opened: int
    due: int | None
    responded: int | None
    resolved: int | None
    booked: int


@dataclass(frozen=True, slots=True)
class Raised:
    """What a customer raised, and how far it came."""

    customer: Customer
    category: str
    product: Product
    days: tuple[int | None, int | None, int | None, int | None]
    booked: int


def strategic_list(customers: list[Customer], moved: dict[str, Customer]) -> list[Strategic]:
    """The heaviest customers with an estimate of their purchases; a few of them set to a tier by hand for a time."""
    accounts: set[str] = set()
    heavy = sorted((c for c in customers if not c.link and c.first_order < day(2025, 4, 1)), key=lambda c: (-c.weight, c.index))
    chosen = []
    for place, customer in enumerate(heavy[:12]):
        account = moved.get(customer.account_id, customer).account_id
        if account in accounts:  # two that were merged are one on the list
            continue
        accounts.add(account)
        tier = ("vip", "", "high_value", "", "", "standard")[place % 6]
        wallet = round(customer.weight * 40) * 1_000_000
        first = day(2025, 7, 1) if place % 2 else day(2026, 1, 1)
        chosen.append(Strategic(customer, tier, wallet, first, first + 269 if tier else day(2026, 12, 31)))
    return chosen


def make_service(seed: int, customers: list[Customer]) -> list[Served]:
    """Cases, complaints and calls back of the customers that buy, month by month."""
    rng = Random(f"{seed}:service")
    served = []
    for month in MONTHS:
        last = month_end(month) // DAY
        for customer in customers:
            if not customer.first_order <= last <= customer.last_order or rng.random() > 0.12:
                continue
            kind = rng.choices(("case", "complaint", "callback"), (35, 15, 50))[0]
            opened = moment(last - rng.randrange(20), 9 + rng.randrange(8), rng.randrange(60))
            if kind == "callback":
                due = opened // DAY + 7
                done = opened + rng.randrange(1, 9) * DAY if rng.random() < 0.9 else None
                served.append(Served(kind, customer, opened, due, None, done, (done or opened + 9 * DAY) + 3600))
            else:
                answered = opened + rng.randrange(10, 60 * 40) * 60 if rng.random() < 0.96 else None
                solved = None if answered is None or rng.random() < 0.1 else answered + rng.randrange(1, 12) * DAY
                booked = max(opened + 2 * DAY, answered or 0, solved or 0)
                served.append(Served(kind, customer, opened, None, answered, solved, booked))
    return served


def make_feedback(seed: int, customers: list[Customer], products: tuple[Product, ...]) -> list[Raised]:
    """What customers raised; most of it is taken up, much of it mended, and some never told."""
    rng = Random(f"{seed}:feedback")
    raised = []
    for month in MONTHS:
        last = month_end(month) // DAY
        for customer in customers:
            if not customer.first_order <= last <= customer.last_order or rng.random() > 0.05:
                continue
            days: list[int | None] = [last - rng.randrange(25)]
            for chance, wait in ((0.9, 3), (0.8, 15), (0.75, 5)):
                before = days[-1]
                days.append(None if before is None or rng.random() > chance else before + rng.randrange(wait))
            known = max(one for one in days if one is not None)
            product, steps = rng.choice(products), (days[0], days[1], days[2], days[3])
            raised.append(Raised(customer, rng.choice(CATEGORIES), product, steps, moment(known, 18)))
    return raised


def write_customer_work(
    folder: Path, seed: int, people: list[Person], sales: Sales, strategic: list[Strategic], served: list[Served],
    raised: list[Raised], moved: dict[str, Customer],
) -> None:
    """All of these files with everything that will ever be booked."""
    def account(customer: Customer) -> tuple[str, str]:
        return customer.crm, moved.get(customer.account_id, customer).account_id

    rows: dict[str, list[tuple[int, tuple[object, ...]]]] = {
        "strategic_customers": [
            (
                moment(one.first, 9),
                (
                    *account(one.customer), one.tier, cents(one.wallet), "年度走访估计", "扩大份额, 引入第二条产品线",
                    "高层互访", iso_day(one.last), iso_day(one.first), iso_day(one.last), "重点客户名单", "E900",
                ),
            )
            for one in strategic
        ],
        "service_log": [
            (
                one.booked,
                (
                    f"F{place:05}", one.kind, *account(one.customer), "", iso(one.opened),
                    "" if one.due is None else iso_day(one.due),
                    *("" if at is None else iso(at) for at in (one.responded, one.resolved)),
                ),
            )
            for place, one in enumerate(served, start=1)
        ],
        "feedback": [
            (
                one.booked,
                (
                    f"K{place:05}", *account(one.customer), "", one.category, one.product.code,
                    *("" if on is None else iso_day(on) for on in one.days),
                ),
            )
            for place, one in enumerate(raised, start=1)
        ],
        "forecast_calls": list(_calls(seed, people, sales)),
    }
    for name, found in rows.items():
        ordered = sorted(found, key=lambda booked: booked[0])
        write_csv(folder / f"{name}.csv", (*FILES[name], "booked_at"), ((*row, iso(at)) for at, row in ordered))


def _calls(seed: int, people: list[Person], sales: Sales) -> Iterator[tuple[int, tuple[object, ...]]]:
    """On the first day of each quarter: what each rep commits, and the department's manager for the best case."""
    rng = Random(f"{seed}:calls")
    signed: dict[tuple[str, str], int] = {}
    for order in sales.orders:
        if order.gone_at is None:
            for who in (order.owner, MANAGERS[order.department]):
                key = (quarter_of_month(month_of(order.day)), who)
                signed[key] = signed.get(key, 0) + _cents(order)
    seats = {person.no: person for person in people}
    for quarter in QUARTERS:
        first = day(int(quarter[:4]), int(quarter[-1]) * 3 - 2, 1)
        for no in sorted({who for _, who in signed}):
            stint = seats[no].stint_on(first) if no in seats else None
            if stint is None or (no not in MANAGERS.values() and stint.role != REP):
                continue
            level, category = ("manager", "best_case") if no in MANAGERS.values() else ("rep", "commit")
            amount = half_up(signed.get((quarter, no), 0) * rng.randrange(80, 125), 100_000) * 1000
            if first <= LAST_DAY:
                yield moment(first, 9), (quarter, no, level, category, iso_day(first), cents(amount))


def _cents(order: Order) -> int:
    return half_up(to_base(half_up(order.net_e4, 100), order.day, order.currency), 100)
