"""The demo company's targets per seller and month: set in advance, so believable rather than right.

What to add here: a metric that gets targets, how hard a quarter was meant to be.
What belongs elsewhere: the file they are written to (`decisions.py`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

from simulators.world.cash import REBATE, Cash
from simulators.world.clock import FIRST_DAY, LAST_DAY, MONTHS, QUARTERS, month_of, quarter_of_month, selling_weight
from simulators.world.money import half_up, spread, to_base
from simulators.world.people import REP, Person
from simulators.world.sales import Sales

Leaves: TypeAlias = dict[tuple[str, str, str], int]  # department, seller, month -> whole yuan, or a count

# What each quarter was to attain, in thousandths of its target, from 2025-Q1 on.
ATTAINED = {
    "signed_sales": {"D1": (1012, 1034, 1051, 987, 958, 1021, 924, 968), "D2": (972, 941, 1046, 1019, 936, 1062, 1003, 947)},
    "collections": {"D1": (1004, 1022, 968, 1011, 942, 1008, 957, 981), "D2": (981, 1013, 1027, 964, 973, 1018, 989, 962)},
    "new_customers": {"D1": (1100, 980, 940, 1020, 900, 1050, 880, 1000), "D2": (1060, 1010, 900, 1040, 960, 980, 920, 1050)},
}
ROUND = {"signed_sales": 1000, "collections": 1000, "new_customers": 1}


def leaves(people: list[Person], sales: Sales, cash: Cash) -> dict[str, Leaves]:
    """Targets of every seller for every month in the seat, by metric."""
    days: dict[str, list[int]] = defaultdict(list)
    for ordinal in range(FIRST_DAY, LAST_DAY + 1):
        days[month_of(ordinal)].append(ordinal)
    weight = {month: round(sum(map(selling_weight, ordinals)) * 1000) for month, ordinals in days.items()}
    seated = _seats(people, days)
    return {metric: _metric(metric, actual, seated, weight) for metric, actual in _actuals(sales, cash).items()}


def _seats(people: list[Person], days: dict[str, list[int]]) -> dict[tuple[str, str], list[str]]:
    """Who sells in a department in a month: those who have the seat in the middle of it."""
    seated: dict[tuple[str, str], list[str]] = defaultdict(list)
    for month, ordinals in days.items():
        for person in people:
            stint = person.stint_on(ordinals[14])
            if stint is not None and stint.role == REP:
                seated[stint.department, month].append(person.no)
    return seated


def _actuals(sales: Sales, cash: Cash) -> dict[str, dict[tuple[str, str, str], int]]:
    """What came of it, in cents or as a count: department, quarter, seller."""
    signed: dict[tuple[str, str, str], int] = defaultdict(int)
    collected: dict[tuple[str, str, str], int] = defaultdict(int)
    fresh: dict[tuple[str, str, str], int] = defaultdict(int)
    seen: set[int] = set()
    for order in sorted(sales.orders, key=lambda order: (order.day, order.id)):
        if order.gone_at is not None:
            continue
        key = (order.department, quarter_of_month(month_of(order.day)), order.owner)
        signed[key] += half_up(order.net_base_e4, 100)
        if order.customer.entity not in seen:
            seen.add(order.customer.entity)
            fresh[key] += 1
    for back in cash.returns:
        key = (back.order.department, quarter_of_month(month_of(back.day)), back.order.owner)
        signed[key] -= half_up(back.amount * 100, 113)
    for payment in cash.payments:
        for part in payment.parts:
            if payment.method != REBATE:
                key = (part.order.department, quarter_of_month(month_of(payment.day)), part.order.owner)
                collected[key] += half_up(to_base(part.amount, payment.day, payment.currency), 100)
    return {"signed_sales": signed, "collections": collected, "new_customers": fresh}


def _metric(
    metric: str, actual: dict[tuple[str, str, str], int], seated: dict[tuple[str, str], list[str]], weight: dict[str, int]
) -> Leaves:
    """A department's quarter shared out to its sellers: half by what they usually do, half by head; then by month."""
    unit = ROUND[metric]
    found: Leaves = {}
    for department, wanted in ATTAINED[metric].items():
        for quarter, thousandths in zip(QUARTERS, wanted, strict=True):
            months = [month for month in MONTHS if quarter_of_month(month) == quarter]
            slots = {
                no: [month for month in months if no in seated[department, month]]
                for no in sorted({no for month in months for no in seated[department, month]})
            }
            done = {no: max(actual.get((department, quarter, no), 0), 0) for no in slots}
            whole = sum(amount for (d, q, _), amount in actual.items() if (d, q) == (department, quarter))
            target = half_up(whole * 1000, thousandths * unit * (1 if metric == "new_customers" else 100))
            heads = sum(len(held) for held in slots.values())
            average = sum(done.values()) / max(heads, 1)
            shares = [round(55 * done[no] + 45 * average * len(held)) for no, held in slots.items()]
            for (no, held), units in zip(slots.items(), spread(target, shares), strict=True):
                for month, amount in zip(held, spread(units, [weight[month] for month in held]), strict=True):
                    found[department, no, month] = amount * unit
    return found
