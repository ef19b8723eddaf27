"""The demo company's targets per seller and month: set in advance, so believable rather than right.

What to add here: a metric that gets targets, how hard a quarter was meant to be.
What belongs elsewhere: the file they are written to (`decisions.py`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

from simulators.world.clock import FIRST_DAY, LAST_DAY, MONTHS, QUARTERS, month_of, quarter_of_month, selling_weight
from simulators.world.money import half_up, spread
from simulators.world.people import REP, Person
from simulators.world.truth import NEVER, Event

LEARNING = 120  # days in which less is expected of somebody in a new seat
Leaves: TypeAlias = dict[tuple[str, str, str], int]  # department, seller, month -> whole yuan, or a count

# What each quarter was to attain, in thousandths of its target, from 2025-Q1 on.
ATTAINED = {
    "signed_sales": {"D1": (1012, 1034, 1051, 987, 958, 1021, 924, 968), "D2": (972, 941, 1046, 1019, 936, 1062, 1003, 947)},
    "collections": {"D1": (1004, 1022, 968, 1011, 942, 1008, 957, 981), "D2": (981, 1013, 1027, 964, 973, 1018, 989, 962)},
    "new_customers": {"D1": (1100, 980, 940, 1020, 900, 1050, 880, 1000), "D2": (1060, 1010, 900, 1040, 960, 980, 920, 1050)},
}
COUNTED = {"order": "signed_sales", "return": "signed_sales", "collection": "collections"}
ROUND = {"signed_sales": 1000, "collections": 1000, "new_customers": 1}


def leaves(people: list[Person], events: list[Event]) -> dict[str, Leaves]:
    """Targets of every seller for every month in the seat, by metric."""
    days: dict[str, list[int]] = defaultdict(list)
    for ordinal in range(FIRST_DAY, LAST_DAY + 1):
        days[month_of(ordinal)].append(ordinal)
    weight = {month: round(sum(map(selling_weight, ordinals)) * 1000) for month, ordinals in days.items()}
    seated = _seats(people, days)
    return {metric: _metric(metric, actual, seated, weight) for metric, actual in _actuals(events).items()}


def _seats(people: list[Person], days: dict[str, list[int]]) -> dict[tuple[str, str], dict[str, int]]:
    """Who sells in a department in a month, with what is expected in per cent: those who have the seat in the middle of it."""
    seated: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for month, ordinals in days.items():
        for person in people:
            stint = person.stint_on(ordinals[14])
            if stint is not None and stint.role == REP:
                new_here = stint.first > FIRST_DAY and ordinals[14] - stint.first < LEARNING and stint.reason != "上级变更"
                seated[stint.department, month][person.no] = 40 if new_here else 100
    return seated


def _actuals(events: list[Event]) -> dict[str, dict[tuple[str, str, str], int]]:
    """What came of it, in cents or as a count: department, quarter, seller."""
    found: dict[str, dict[tuple[str, str, str], int]] = {metric: defaultdict(int) for metric in ATTAINED}
    seen: set[int] = set()
    for event in events:
        if event.known_until != NEVER:
            continue
        key = (event.department, quarter_of_month(month_of(event.day)), event.employee)
        if event.kind in COUNTED:
            found[COUNTED[event.kind]][key] += half_up(event.amount, 100)
        if event.kind == "order" and event.entity not in seen:
            seen.add(event.entity)
            found["new_customers"][key] += 1
    return found


def _metric(
    metric: str, actual: dict[tuple[str, str, str], int], seated: dict[tuple[str, str], dict[str, int]], weight: dict[str, int]
) -> Leaves:
    """A department's quarter shared out to its sellers: four fifths by what they usually do, the rest by head; then by month."""
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
            heads = {no: sum(seated[department, month][no] for month in held) for no, held in slots.items()}
            average = sum(done.values()) // max(sum(heads.values()), 1)
            shares = [80 * done[no] + 20 * average * heads[no] for no in slots]
            for (no, held), units in zip(slots.items(), spread(target, shares), strict=True):
                for month, amount in zip(held, spread(units, [weight[month] for month in held]), strict=True):
                    found[department, no, month] = amount * unit
    return found
