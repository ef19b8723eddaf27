"""The periods a report or a close is about, under the period's own name: `2026-09`, `2026-Q3`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

FIRST_YEAR, LAST_YEAR = 2010, 2040
MONTHS = [f"{year}-{month:02d}" for year in range(FIRST_YEAR, LAST_YEAR + 1) for month in range(1, 13)]
QUARTERS = [f"{year}-Q{quarter}" for year in range(FIRST_YEAR, LAST_YEAR + 1) for quarter in range(1, 5)]

months = dg.StaticPartitionsDefinition(MONTHS)
quarters = dg.StaticPartitionsDefinition(QUARTERS)


class NoSuchPeriod(ValueError):
    """A name that is no month and no quarter."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a quarter by its name: its first and last day, and the months in it."""

    name: str
    first: date
    last: date

    @classmethod
    def named(cls, name: str) -> Period:
        """The period of that name; raises NoSuchPeriod for anything but `2026-09` or `2026-Q3`."""
        if name not in MONTHS and name not in QUARTERS:
            raise NoSuchPeriod(f"{name!r} is no period: expected a month like 2026-09 or a quarter like 2026-Q3")
        year = int(name[:4])
        first_month, length = (3 * int(name[6]) - 2, 3) if "Q" in name else (int(name[5:]), 1)
        after = first_month + length
        first_after = date(year + 1, 1, 1) if after > 12 else date(year, after, 1)
        return cls(name, date(year, first_month, 1), first_after - timedelta(days=1))

    @property
    def months(self) -> list[str]:
        """The names of the months in it."""
        return [name for name in MONTHS if f"{self.first:%Y-%m}" <= name <= f"{self.last:%Y-%m}"]


def month_before(day: date) -> str:
    """The name of the month before the one a day lies in."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def quarter_before(day: date) -> str:
    """The name of the quarter before the one a day lies in."""
    last = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1) - timedelta(days=1)
    return f"{last.year}-Q{(last.month - 1) // 3 + 1}"
