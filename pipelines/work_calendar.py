"""The national work calendar as a run input: which days people work in China, make-up days included, as far as it is announced.

What to add here: another country's calendar.
What belongs elsewhere: the company's own days (`cn_calendar.csv`), what a workday is worth (`core.dim_dates`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from chinese_calendar import constants

FIRST = date(2004, 1, 1)  # the first year that chinesecalendar knows
KNOWN = {day.year for day in constants.holidays}


@lru_cache(maxsize=4)
def calendar_rows(last_year: int) -> list[dict[str, Any]]:
    """A row a day up to the end of a year; a year without an announcement rests on its weekends."""
    days = (FIRST + timedelta(days=number) for number in range((date(last_year, 12, 31) - FIRST).days + 1))
    return [
        {
            "date_day": day,
            "is_workday": day in constants.workdays or (day.weekday() < 5 and day not in constants.holidays),
            "holiday_name": constants.holidays.get(day),
            "known_by": "national" if day.year in KNOWN else "weekends",
        }
        for day in days
    ]


def worked_in_china(last_year: int) -> Callable[[date], bool]:
    """Whether people work on a day, make-up days included; days before the calendar begins rest on their weekends."""
    known = {row["date_day"]: row["is_workday"] for row in calendar_rows(last_year)}
    return lambda day: known.get(day, day.weekday() < 5)
