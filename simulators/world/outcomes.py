"""What is true of how the company works: visits, cycles, customers lost and kept, answers; never from the records.

What to add here: a truth behind a metric, as a CSV beside the others.
What belongs elsewhere: money and customers (`truth.py`), how the warehouse works the same numbers out (the dbt project).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import median

from simulators.world.activity import Visit
from simulators.world.books import month_end, write_csv
from simulators.world.clock import DAY, LAST_DAY, iso_day, moment, month_of
from simulators.world.money import ten_thousandths
from simulators.world.people import Person
from simulators.world.performance import Asked, advanced_course, quarter_end, seats_of
from simulators.world.sales import Sales
from simulators.world.truth import Event, known

AT = moment(LAST_DAY + 1, 2)  # the night after the last day
MIN_MINUTES, MIN_TEXT, QUIET_DAYS, QUIET_GAPS, WINDOW = 10, 20, 180, 3, 180


def write_outcomes(
    folder: Path, events: list[Event], sales: Sales, visits: list[Visit], people: list[Person], asked: list[Asked]
) -> None:
    """All of these truths, as known the night after the last day."""
    events = list(known(events, AT, LAST_DAY))
    orders, moves = _dealings(events)
    write_csv(folder / "training_effects.csv", ("month", "people", "effect"), _effects(events, people))
    write_csv(folder / "visits.csv", ("month", "department_id", "visits", "valid_visits"), _visits(visits, people))
    write_csv(folder / "cycles.csv", ("month", "department_id", "won", "days", "median_days"), _cycles(sales))
    write_csv(folder / "lost_customers.csv", ("customer", "lost_on", "won_back_on"), _lost(orders))
    write_csv(
        folder / "retention.csv",
        ("month", "before", "kept", "before_amount", "after_amount", "kept_amount"),
        _retention(moves, min(day for days in orders.values() for day in days)),
    )
    write_csv(folder / "satisfaction.csv", ("wave", "crm", "sent", "answered_in_wave", "answers", "top_two"), _waves(asked))


def _dealings(events: Iterable[Event]) -> tuple[dict[str, set[int]], dict[str, list[tuple[int, int]]]]:
    """Per customer: the days with an order, and every amount with its day."""
    orders: dict[str, set[int]] = defaultdict(set)
    moves: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for event in events:
        customer = f"C{event.entity:05}"
        if event.kind == "order":
            orders[customer].add(event.day)
        if event.kind in ("order", "return"):
            moves[customer].append((event.day, event.amount))
    return orders, moves


def _effects(events: list[Event], people: list[Person]) -> Iterator[tuple[object, ...]]:
    """How the sellers who came to a course changed, against those who did not: sales 90 days after less 90 days before."""
    courses: dict[str, list[tuple[bool, int]]] = defaultdict(list)
    for month, no, day, is_there in advanced_course(seats_of(people)):
        near = [e for e in events if e.kind == "order" and e.employee == no and day - 90 < e.day <= day + 90]
        courses[month].append((is_there, sum(e.amount if e.day > day else -e.amount for e in near)))
    for month, changes in sorted(courses.items()):
        trained, others = ([change for came, change in changes if came is wanted] for wanted in (True, False))
        usual = (Decimal(sum(others)) / len(others) / 10_000).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        yield month, len(trained), Decimal(sum(trained)) / 10_000 - usual * len(trained)


def _visits(visits: list[Visit], people: list[Person]) -> Iterator[tuple[object, ...]]:
    seats = {person.no: person for person in people}
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for visit in visits:
        if not visit.checked_in:
            continue
        day = visit.started // DAY
        stint = seats[visit.owner].stint_on(day)
        ended = visit.ended if visit.customer.crm == "fxiaoke" else visit.ended or visit.planned_end
        count = counts[month_of(day), stint.department if stint else visit.customer.department]
        count[0] += 1
        count[1] += ended is not None and (ended - visit.started) // 60 >= MIN_MINUTES and len(visit.note) >= MIN_TEXT
    return ((*key, *count) for key, count in sorted(counts.items()))


def _cycles(sales: Sales) -> Iterator[tuple[object, ...]]:
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for chance in sales.opportunities:
        if chance.closed_day is not None and chance.outcome == "won" and chance.stages[-1].at < AT:
            closed = chance.stages[-1].at // DAY
            days[month_of(closed), chance.customer.department].append(closed - chance.stages[0].at // DAY)
    return ((*key, len(found), sum(found), f"{median(found):.1f}") for key, found in sorted(days.items()))


def _lost(orders: dict[str, set[int]]) -> Iterator[tuple[object, ...]]:
    """A customer is lost on the day on which the silence has lasted long enough, by its own rhythm up to then."""
    for customer, known_days in sorted(orders.items()):
        days = sorted(known_days)
        for place, day in enumerate(days):
            gaps = [later - earlier for earlier, later in zip(days[:place], days[1 : place + 1], strict=True)]
            doubled = max(2 * QUIET_DAYS, int(2 * QUIET_GAPS * median(gaps))) if gaps else 2 * QUIET_DAYS
            lost = day + -(-doubled // 2)
            back = days[place + 1] if place + 1 < len(days) else None
            if lost <= LAST_DAY and (back is None or lost < back):
                yield customer, iso_day(lost), "" if back is None else iso_day(back)


def _retention(moves: dict[str, list[tuple[int, int]]], first: int) -> Iterator[tuple[object, ...]]:
    for year in (2025, 2026):
        for number in range(1, 13):
            month = f"{year}-{number:02}"
            end = month_end(month) // DAY
            if end - 2 * WINDOW + 1 < first:
                continue
            before_count = kept_count = before_sum = after_sum = kept_sum = 0
            for dealings in moves.values():
                before = sum(amount for day, amount in dealings if end - 2 * WINDOW < day <= end - WINDOW)
                after = sum(amount for day, amount in dealings if end - WINDOW < day <= end)
                if before > 0:
                    before_count += 1
                    kept_count += after > 0
                    before_sum += before
                    after_sum += max(after, 0)
                    kept_sum += min(max(after, 0), before)
            yield month, before_count, kept_count, *map(ten_thousandths, (before_sum, after_sum, kept_sum))


def _waves(asked: list[Asked]) -> Iterator[tuple[object, ...]]:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in asked:
        over = quarter_end(one.quarter)
        if max(over, one.answered or 0) > LAST_DAY:
            continue  # handed over after the story ends
        count = counts[one.quarter, one.customer.crm]
        count[0] += 1
        count[1] += one.answered is not None and one.answered <= over
        if one.answered is not None and one.score is not None:
            day = iso_day(one.answered)
            came = counts[f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}", one.customer.crm]
            came[2] += 1
            came[3] += one.score >= 4
    return ((*key, *count) for key, count in sorted(counts.items()))
