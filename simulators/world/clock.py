"""Time in the demo world: days as ordinals, moments as local seconds, Chinese workdays and the season of selling.

What to add here: a festival, a shape that a CRM writes times in.
What belongs elsewhere: what happens at those times (`sales.py`, `cash.py`, `activity.py`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import cache

import chinese_calendar

ZONE = timezone(timedelta(hours=8))  # Asia/Shanghai has had no other offset since 1991
FIRST_DAY = date(2025, 1, 1).toordinal()
LAST_DAY = date(2026, 12, 31).toordinal()
DAY = 86_400
UNIX_DAY = date(1970, 1, 1).toordinal()

SPRING_FESTIVALS = (date(2025, 1, 29).toordinal(), date(2026, 2, 17).toordinal())
MONTH_WEIGHT = (0.98, 0.94, 1.10, 1.03, 1.00, 1.08, 0.95, 0.94, 1.10, 0.98, 1.06, 1.16)
SECONDS = tuple(f"{second:02}" for second in range(60))
MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))
CALENDAR_YEARS = range(2004, 2027)  # what chinesecalendar 1.11 knows; outside it only weekends rest


def day(year: int, month: int, day_of_month: int) -> int:
    """The ordinal of a calendar day."""
    return date(year, month, day_of_month).toordinal()


def parse_day(text: str) -> int:
    """The ordinal of an ISO date."""
    return date.fromisoformat(text).toordinal()


@cache
def iso_day(ordinal: int) -> str:
    """An ordinal as `2026-07-15`."""
    return date.fromordinal(ordinal).isoformat()


@cache
def month_of(ordinal: int) -> str:
    """The month an ordinal lies in, as `2026-07`."""
    return date.fromordinal(ordinal).isoformat()[:7]


def quarter_of_month(month: str) -> str:
    """The quarter of a month: `2026-07` is in `2026-Q3`."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


MONTHS = tuple(f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13))
QUARTERS = tuple(f"{year}-Q{quarter}" for year in (2025, 2026) for quarter in range(1, 5))


def moment(ordinal: int, hour: int, minute: int = 0, second: int = 0) -> int:
    """A local moment: seconds counted from the ordinal's own origin."""
    return ordinal * DAY + hour * 3600 + minute * 60 + second


def moment_of(at: datetime) -> int:
    """An aware datetime as a local moment."""
    local = at.astimezone(ZONE)
    return moment(local.toordinal(), local.hour, local.minute, local.second)


def iso(at: int) -> str:
    """A moment as Zoho writes it, and as `$at` is written: ISO 8601 with the offset."""
    ordinal, second = divmod(at, DAY)
    return f"{iso_day(ordinal)}T{MINUTES[second // 60]}:{SECONDS[second % 60]}+08:00"


def epoch_ms(at: int) -> int:
    """A moment as Fxiaoke writes it: milliseconds since 1970 in UTC."""
    return (at - UNIX_DAY * DAY - 8 * 3600) * 1000


def midnight_ms(ordinal: int) -> int:
    """A date as Fxiaoke writes it: the epoch milliseconds of local midnight."""
    return ((ordinal - UNIX_DAY) * DAY - 8 * 3600) * 1000


@cache
def is_workday(ordinal: int) -> bool:
    """Whether people work in China on that day, make-up Saturdays included."""
    calendar_day = date.fromordinal(ordinal)
    if calendar_day.year in CALENDAR_YEARS:
        return bool(chinese_calendar.is_workday(calendar_day))
    return calendar_day.weekday() < 5


@cache
def next_workday(ordinal: int) -> int:
    """That day if people work, else the next day on which they do."""
    while not is_workday(ordinal):
        ordinal += 1
    return ordinal


@cache
def previous_workday(ordinal: int) -> int:
    """That day if people work, else the last day before on which they did."""
    while not is_workday(ordinal):
        ordinal -= 1
    return ordinal


@cache
def selling_weight(ordinal: int) -> float:
    """How much is ordered on a day against an average workday: season, Spring Festival, the rush at a month's end."""
    calendar_day = date.fromordinal(ordinal)
    if not is_workday(ordinal):
        return 0.0
    weight = MONTH_WEIGHT[calendar_day.month - 1]
    for festival in SPRING_FESTIVALS:
        distance = ordinal - festival
        if -9 <= distance < 0:
            weight *= 0.45
        elif 0 <= distance <= 16:  # back to normal after 元宵
            weight *= 0.5
    month_end = (calendar_day.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal()
    if month_end - ordinal <= 4:
        weight *= 1.7 if calendar_day.month % 3 == 0 else 1.35
    return weight
