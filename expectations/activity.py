"""How lively a table is on workdays, and whether it fell quiet: a still Sunday or Spring Festival is nothing, a still Tuesday is.

What to add here: another way to tell that a source has stopped speaking.
What belongs elsewhere: what is done about it (`raw_ops/pulls.yaml`), which days are worked (the caller).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

LOOK_BACK = 40  # workdays: two months tell a habit
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Activity:
    """What a table did on the last workday, how long it has been still, and what it usually does; in workdays."""

    quiet: int  # workdays without a change up to now
    usual_quiet: int  # the longest such stretch before
    active: int  # of the workdays looked at, those with a change
    changes: int | None  # changed rows on the last workday; None: it was no workday
    usual_changes: int


def activity_of(changes: Mapping[date, int], on: date, is_workday: Callable[[date], bool]) -> Activity:
    """How a table with so many changed rows a day stands at the end of a day."""
    days: list[date] = []
    day = on
    while len(days) < LOOK_BACK and on - day < timedelta(days=3 * LOOK_BACK):
        if is_workday(day):
            days.append(day)
        day -= DAY
    days.reverse()
    known = [day for day in days if changes and day >= min(changes)]
    # what changed on days of rest belongs to the workday after them: nobody is quiet who worked through a festival
    counts, rest = [], 0
    for place, day in enumerate(known):
        before = known[place - 1] if place else day - DAY
        rest = sum(changes.get(before + DAY * step, 0) for step in range(1, (day - before).days))
        counts.append(changes.get(day, 0) + rest)
    quiet = next((place for place, count in enumerate(reversed(counts)) if count), len(counts))
    stretch = usual = 0
    for count in counts[: len(counts) - quiet]:
        stretch = 0 if count else stretch + 1
        usual = max(usual, stretch)
    return Activity(
        quiet, usual, sum(1 for count in counts if count),
        counts[-1] if counts and is_workday(on) else None, int(median(counts[:-1])) if len(counts) > 1 else 0,
    )


def workdays_between(after: date, until: date, is_workday: Callable[[date], bool]) -> int:
    """How many workdays lie after a day, up to another and with it."""
    return sum(is_workday(after + DAY * step) for step in range(1, (until - after).days + 1))
