"""A table that falls quiet is told by workdays: weekends, festivals and make-up Saturdays are what the calendar says they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from expectations.activity import Activity, activity_of, workdays_between
from expectations.doors import door_in
from expectations.suites import suites
from pipelines.work_calendar import worked_in_china
from tests.expectations.lake import obj_of, right_row, write_versions
from tests.expectations.test_doors import failed

IN_CHINA = worked_in_china(2027)
LAST = date(2026, 2, 14)  # a Saturday on which people worked: the last workday before Spring Festival


def busy(until: date, a_day: int = 12) -> dict[date, int]:
    """So many changes on every workday since the autumn."""
    days = (date(2025, 11, 3) + timedelta(days=step) for step in range((until - date(2025, 11, 3)).days + 1))
    return {day: a_day for day in days if IN_CHINA(day)}


@pytest.mark.parametrize(
    ("changed_until", "on", "quiet"),
    [
        (LAST, date(2026, 2, 15), 0),  # Sunday
        (LAST, date(2026, 2, 23), 0),  # the last day of the festival
        (LAST, date(2026, 2, 24), 1),  # everybody is back, and nothing is written
        (date(2026, 1, 4), date(2026, 1, 4), 0),  # a Sunday worked through
        (date(2026, 1, 12), date(2026, 1, 13), 1),  # a Tuesday
        (date(2026, 1, 9), date(2026, 1, 11), 0),  # a weekend
    ],
)
def test_quiet_days_are_workdays(changed_until: date, on: date, quiet: int) -> None:
    found = activity_of(busy(changed_until), on, IN_CHINA)
    assert (found.quiet, found.usual_quiet, found.usual_changes) == (quiet, 0, 12)


def test_a_table_that_is_often_still_is_measured_by_its_own_habit() -> None:
    weekly = {day: 3 for day in busy(date(2026, 1, 16)) if day.weekday() == 0}
    assert activity_of(weekly, date(2026, 1, 16), IN_CHINA).quiet == 4
    assert activity_of(weekly, date(2026, 1, 16), IN_CHINA).usual_quiet >= 4
    assert activity_of({}, date(2026, 1, 16), IN_CHINA) == Activity(0, 0, 0, None, 0)


def test_what_is_done_on_days_of_rest_counts_for_the_workday_after() -> None:
    changes = busy(date(2026, 1, 9)) | {date(2026, 1, 11): 7}
    assert activity_of(changes, date(2026, 1, 12), IN_CHINA) == activity_of(
        {day: count for day, count in changes.items() if day != date(2026, 1, 11)} | {date(2026, 1, 12): 7},
        date(2026, 1, 12), IN_CHINA,
    )
    assert workdays_between(date(2026, 2, 13), date(2026, 2, 24), IN_CHINA) == 2


@pytest.mark.parametrize(
    ("night", "rules"),
    [
        (date(2026, 2, 23), set()),
        (date(2026, 2, 24), {"no_table_fell_quiet_on_a_workday", "no_workday_was_a_fifth_of_the_usual"}),
    ],
)
def test_the_door_knows_the_calendar(tmp_path: Path, night: date, rules: set[str]) -> None:
    known_at = datetime(night.year, night.month, night.day, 18, tzinfo=UTC)  # two in the morning in Shanghai, the day after
    versions, number = [], 0
    for day, count in busy(LAST).items():
        for _ in range(count):
            number += 1
            versions.append(right_row(obj_of("zoho", "visits"), number) | {
                "modified_at": datetime(day.year, day.month, day.day, 3), "pulled_at": known_at.replace(tzinfo=None),  # noqa: DTZ001
            })
    write_versions(tmp_path, "zoho", "visits", versions)
    pull = {
        "source": "zoho", "object": "visits", "kind": "window", "pulled_at": known_at, "records": 3, "versions": 3, "deleted": 0,
        "unknown_fields": [],
    }
    found = door_in(
        suites("raw_ops"), tmp_path, known_at=known_at, pulls=[pull], is_workday=IN_CHINA, zone="Asia/Shanghai"
    )
    assert set(failed(found)) == rules


def test_a_crm_that_is_down_over_the_festival_is_not_stale(tmp_path: Path) -> None:
    pulled = datetime(2026, 2, 14, 18, tzinfo=UTC)
    pull = {
        "source": "zoho", "object": "visits", "kind": "window", "pulled_at": pulled, "records": 3, "versions": 3, "deleted": 0,
        "unknown_fields": [],
    }
    stale = {
        day: set(failed(door_in(
            suites("raw_ops"), tmp_path, known_at=datetime(2026, 2, day, 18, tzinfo=UTC), pulls=[pull], is_workday=IN_CHINA,
            zone="Asia/Shanghai",
        )))
        for day in (23, 24, 25)
    }
    assert stale == {
        23: set(), 24: {"every_object_was_pulled_last_night"},
        25: {"every_object_was_pulled_last_night", "every_object_was_pulled_within_three_days"},
    }
