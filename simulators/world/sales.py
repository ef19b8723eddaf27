"""What is sold: opportunities with their stages over time, and the orders that follow from them.

What to add here: how an opportunity moves, how an order is made up.
What belongs elsewhere: what happens after the order (`cash.py`), surprises put in on purpose (`planted.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from simulators.world.clock import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    MONTHS,
    day,
    moment,
    month_of,
    next_workday,
    previous_workday,
    selling_weight,
)
from simulators.world.customers import Customer
from simulators.world.money import half_up, spread, to_base
from simulators.world.products import LINES, VAT, Product

ORDERS = {"D1": 4000, "D2": 4000}
GROWTH = {"D1": 0.10, "D2": 0.22}  # a year
TYPICAL = {"D1": (3_950_000, 0.86), "D2": (900_000, 0.80)}  # median net order in cents, spread of its logarithm
FROM_OPPORTUNITY = {"D1": 0.55, "D2": 0.50}
LOST_PER_WON = {"D1": 1.16, "D2": 1.38}
CYCLE = {"D1": (58, 0.55), "D2": (24, 0.6)}
OPEN_STAGES = 4
WON, LOST = 5, 6
LATER = ("2027-01", "2027-02", "2027-03")


@dataclass(slots=True)
class Line:
    """One line of an order, amounts in cents of the order's currency. `net` is without VAT and after every discount."""

    product: Product
    quantity: int
    list_price: int  # as the CRM shows it: with VAT in Fxiaoke, without in Zoho
    sales_price: int
    total: int  # quantity x sales price (Fxiaoke, with VAT) or x list price (Zoho, without)
    discount: int = 0
    tax: int = 0
    id: str = ""


@dataclass(slots=True)
class Stage:
    """An opportunity from a moment on: stage 1 to 4 open, 5 won, 6 lost."""

    at: int
    stage: int
    amount: int
    close_day: int


@dataclass(slots=True)
class Opportunity:
    """A chance to sell, with its history."""

    id: str
    no: int
    customer: Customer
    owner: str
    product: Product
    currency: str
    source: int
    loss_reason: int
    stages: list[Stage]
    closed_day: int | None = None
    order: Order | None = None

    @property
    def outcome(self) -> str:
        """won, lost or open, in the end."""
        return {WON: "won", LOST: "lost"}.get(self.stages[-1].stage, "open")


@dataclass(slots=True)
class Order:
    """A signed order. `at` is when it was typed in, `day` the day it bears."""

    id: str
    no: str
    customer: Customer
    owner: str
    day: int
    at: int
    lines: list[Line]
    currency: str
    header_discount: int
    tax: int
    gross: int
    opportunity: Opportunity | None
    delivery_day: int
    cancelled_at: int | None = None
    deleted: str = ""
    deleted_at: int | None = None
    pending_until: int | None = None  # in approval until then; None: approved at once
    dirty: str = ""
    reowned: list[tuple[int, str]] = field(default_factory=list)

    @property
    def department(self) -> str:
        """The department that sold it."""
        return self.customer.department

    @property
    def net_e4(self) -> int:
        """Net amount without VAT in ten-thousandths of its currency."""
        if self.customer.crm == "fxiaoke":
            return half_up(self.gross * 100 * 100, 100 + VAT)
        return (self.gross - self.tax) * 100

    @property
    def net_base_e4(self) -> int:
        """Net amount without VAT in ten-thousandths of a yuan, at the rate of the order day."""
        return half_up(self.net_e4 * to_base(100, self.day, self.currency), 10_000)

    @property
    def gone_at(self) -> int | None:
        """From when on the order does not count: cancelled or deleted."""
        moments = [at for at in (self.cancelled_at, self.deleted_at) if at is not None]
        return min(moments) if moments else None


@dataclass(slots=True)
class Sales:
    """Everything sold and nearly sold."""

    orders: list[Order]
    opportunities: list[Opportunity]


def make_sales(seed: int, customers: list[Customer], products: tuple[Product, ...], scale: float) -> Sales:
    """Two years of both departments' orders and opportunities, in order of time."""
    orders: list[Order] = []
    opportunities: list[Opportunity] = []
    for department in ("D1", "D2"):
        rng = Random(f"{seed}:sales:{department}")
        ours = [customer for customer in customers if customer.department == department]
        lots = _days_and_customers(rng, ours, department, round(ORDERS[department] * scale))
        made = [_order(rng, customer, ordinal, products) for ordinal, customer in lots]
        seen: set[str] = set()
        for order in made:
            if order.customer.account_id not in seen or rng.random() < FROM_OPPORTUNITY[department]:
                opportunities.append(_won(rng, order))
            seen.add(order.customer.account_id)
        opportunities += _not_won(rng, ours, products, department, opportunities)
        orders += made
    orders.sort(key=lambda order: (order.day, order.at, order.customer.index, order.gross))
    opportunities.sort(key=lambda chance: (chance.stages[0].at, chance.customer.index, chance.stages[0].amount))
    return Sales(orders, opportunities)


def _days_and_customers(rng: Random, customers: list[Customer], department: str, count: int) -> list[tuple[int, Customer]]:
    """Which customer orders on which day: every first order, then the rest by weight among those active in the month."""
    lots = [(customer.first_order, customer) for customer in customers if rng.random() < 0.93]
    lots = [(ordinal, customer) for ordinal, customer in lots if ordinal <= LAST_DAY]
    bought = {customer.account_id for _, customer in lots}
    weights = {d: selling_weight(d) * (1 + GROWTH[department] * (d - FIRST_DAY) / 365) for d in range(FIRST_DAY, LAST_DAY + 1)}
    whole = sum(weights.values())
    for month in MONTHS:
        days = [d for d in weights if month_of(d) == month]
        wanted = round(count * sum(weights[d] for d in days) / whole)
        first = sum(month_of(ordinal) == month for ordinal, _ in lots[: len(bought)])
        pool = [c for c in customers if c.account_id in bought and c.first_order < days[-1] and c.last_order > days[0]]
        repeats = max(wanted - first, round(wanted * 0.2)) if pool else 0
        chosen = rng.choices(days, [weights[d] for d in days], k=repeats)
        who = rng.choices(pool, [c.weight for c in pool], k=repeats) if pool else []
        lots += [
            (max(ordinal, customer.first_order), customer)
            for ordinal, customer in zip(chosen, who, strict=True)
            if ordinal <= customer.last_order
        ]
    return sorted(lots, key=lambda lot: (lot[0], lot[1].index))


def _order(rng: Random, customer: Customer, ordinal: int, products: tuple[Product, ...]) -> Order:
    median, sigma = TYPICAL[customer.department]
    value = min(rng.lognormvariate(0, sigma), 9.0) * median * customer.weight**0.18
    lines = _lines(rng, customer, products, value)
    total = sum(line.total - line.discount for line in lines)
    discount = 0
    if rng.random() < 0.04:  # a round sum off the whole order
        unit = 113_00 if customer.crm == "fxiaoke" else 100_00
        discount = half_up(total, 50 * unit) * unit
    tax = 0
    gross = total - discount
    if customer.crm == "zoho" and customer.region != "海外":
        tax = half_up(gross * VAT, 100)
        for line, share in zip(lines, spread(tax, [line.total - line.discount for line in lines]), strict=True):
            line.tax = share
        gross += tax
    at = moment(ordinal, 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60))
    wait = rng.randrange(5, 22) if customer.crm == "fxiaoke" else rng.randrange(2, 9)
    return Order(
        "",
        "",
        customer,
        customer.owner_on(ordinal),
        ordinal,
        at,
        lines,
        customer.currency,
        discount,
        tax,
        gross,
        None,
        next_workday(ordinal + wait),
    )


def _lines(rng: Random, customer: Customer, products: tuple[Product, ...], value: float) -> list[Line]:
    count = rng.choices((1, 2, 3, 4), (38, 36, 18, 8))[0]
    chosen: list[Product] = []
    while len(chosen) < count:
        line = LINES[customer.favourite] if rng.random() < 0.62 else rng.choice(LINES)
        product = rng.choice([p for p in products if p.line == line])
        if product not in chosen:
            chosen.append(product)
    cuts = [rng.uniform(0.5, 1.5) for _ in chosen]
    negotiated = customer.crm == "fxiaoke" and rng.random() < 0.1  # a round price with VAT: its net has no end
    rate = 7.1 if customer.currency == "USD" else 1.0
    lines = []
    for product, cut in zip(chosen, cuts, strict=True):
        budget = value / rate * cut / sum(cuts) / 100
        listed = product.usd if customer.currency == "USD" else product.price
        off = min(max(customer.discount + rng.uniform(-0.02, 0.035), 0.0), 0.25)
        price = max(round(listed * (1 - off)), 1)
        quantity = max(round(budget / price), 1)
        if quantity > 20:
            quantity = round(quantity / 5) * 5
        if customer.crm == "fxiaoke":
            sales_price = half_up(price * 113, 100) * 100 if negotiated else price * 113
            lines.append(Line(product, quantity, listed * 113, sales_price, sales_price * quantity))
        else:
            lines.append(
                Line(product, quantity, listed * 100, price * 100, listed * 100 * quantity, (listed - price) * 100 * quantity)
            )
    return lines


def _won(rng: Random, order: Order) -> Opportunity:
    """The opportunity that an order came from: won on the order's day or a little before."""
    closed = previous_workday(order.day - rng.choice((0, 0, 0, 1, 2, 3)))
    net = half_up(order.net_e4, 100) if order.customer.crm == "zoho" else order.gross
    chance = _opportunity(rng, order.customer, order.lines[0].product, net, closed, WON)
    if chance.stages[-1].at > order.at:
        chance.stages[-1].at = max(chance.stages[-2].at + 60, order.at - 900)
    chance.order = order
    order.opportunity = chance
    return chance


def _not_won(
    rng: Random, customers: list[Customer], products: tuple[Product, ...], department: str, won: list[Opportunity]
) -> Iterator[Opportunity]:
    """Opportunities lost, still open at the end of the story, and forgotten."""
    per_month = dict.fromkeys(MONTHS, 0)
    for chance in won:
        if (
            chance.customer.department == department
            and chance.closed_day is not None
            and month_of(chance.closed_day) in per_month
        ):
            per_month[month_of(chance.closed_day)] += 1
    usual = sum(per_month.values()) / len(per_month)
    for month in (*MONTHS, *LATER):
        year, number = int(month[:4]), int(month[5:])
        first = day(year, number, 1)
        pool = [c for c in customers if c.created // DAY < first - 60 and c.last_order > first]
        if not pool:
            continue
        harder = 1.16 if month in ("2026-07", "2026-08", "2026-09") else 1.0
        count = round(per_month.get(month, usual * 1.8) * LOST_PER_WON[department] * harder * rng.uniform(0.9, 1.1))
        for customer in rng.choices(pool, [c.weight**0.4 for c in pool], k=count):
            median, sigma = TYPICAL[department]
            amount = (
                round(min(rng.lognormvariate(0.1, sigma), 9.0) * median / (7.1 if customer.currency == "USD" else 1) / 100_00)
                * 100_00
            )
            closed = next_workday(first + rng.randrange(28))
            last = LOST if rng.random() < 0.965 else rng.randrange(2, OPEN_STAGES + 1)
            yield _opportunity(rng, customer, rng.choice(products), max(amount, 50_000), closed, last)


def _opportunity(rng: Random, customer: Customer, product: Product, amount: int, closed: int, last: int) -> Opportunity:
    """An opportunity that reaches its last stage on a day, told from the beginning."""
    median, sigma = CYCLE[customer.department]
    cycle = max(round(median * min(rng.lognormvariate(0, sigma), 5.0)), 3)
    created = min(max(closed - cycle, customer.created // DAY), closed - 1)
    steps = [stage for stage in range(1, OPEN_STAGES + 1) if stage == 1 or stage == last or rng.random() < 0.36]
    if last <= OPEN_STAGES:
        steps = [stage for stage in steps if stage <= last]
    elif last == LOST:
        steps = steps[: rng.randrange(1, len(steps) + 1)]
    points = sorted(rng.random() for _ in steps[1:])
    days = [previous_workday(created), *(next_workday(created + int((closed - created) * point)) for point in points)]
    first_guess = amount if rng.random() < 0.4 else max(round(amount * rng.uniform(0.75, 1.35) / 100_00) * 100_00, 10_000)
    slip = rng.choice((0, 0, 0, 14, 30, 45))
    stages: list[Stage] = []
    at = 0
    for place, (stage, ordinal) in enumerate(zip(steps, days, strict=True)):
        at = max(moment(min(ordinal, closed), 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60)), at + 61)
        late = place == len(steps) - 1 and place > 0
        stages.append(Stage(at, stage, amount if late else first_guess, closed if late or not slip else closed - slip))
    if last in (WON, LOST):
        at = max(moment(closed, 10 + rng.randrange(7), rng.randrange(60), rng.randrange(60)), at + 61)
        stages.append(Stage(at, last, amount, closed))
    inside = [stage for stage in stages if stage.at // DAY <= LAST_DAY]
    return Opportunity(
        "",
        0,
        customer,
        customer.owner_on(created),
        product,
        customer.currency,
        rng.randrange(6),
        rng.randrange(5),
        inside or stages[:1],
        closed if last in (WON, LOST) and len(inside) == len(stages) else None,
    )


def number_sales(seed: int, sales: Sales) -> None:
    """Numbers and ids, in order of the time at which things were typed in."""
    rng = Random(f"{seed}:ids")
    sales.orders.sort(key=lambda order: (order.at, order.customer.index, order.gross))
    for place, chance in enumerate(sales.opportunities, start=1):
        chance.no = place
        chance.id = record_id(rng, chance.customer.crm, 6, place, chance.stages[0].at)
    counts: dict[tuple[str, str], int] = {}
    for place, order in enumerate(sales.orders, start=1):
        month = month_of(order.at // DAY).replace("-", "")
        number = counts[order.customer.crm, month] = counts.get((order.customer.crm, month), 0) + 1
        order.no = f"{'SO' if order.customer.crm == 'fxiaoke' else 'BC'}{month}-{number:04}"
        order.id = record_id(rng, order.customer.crm, 7, place, order.at)
        for number, line in enumerate(order.lines):
            line.id = record_id(rng, order.customer.crm, 8, place * 8 + number, order.at)


def record_id(rng: Random, crm: str, kind: int, number: int, at: int) -> str:
    """An id as the CRM makes them: 19 digits in Zoho, an object id (or 32 digits, before 2025-04) in Fxiaoke."""
    if crm == "zoho":
        return f"54370000{kind}{number * 17 + 10_000_000:010}"
    if at // DAY < day(2025, 4, 1) and number % 5 == 0:
        return f"{rng.getrandbits(128):032x}"
    return f"{at // 1 - 719_163 * DAY - 28_800:08x}{kind:02x}{rng.getrandbits(32):08x}{number:06x}"
