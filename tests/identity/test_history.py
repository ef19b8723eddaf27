"""Which account belonged to which customer when: merges and their undoing leave a trace, and what is kept changes nothing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from identity.history import Told, told
from identity.records import RawLog
from tests.dbt_project.fixtures import Lake

CODE = "91320505XUBE8TNRD4"
ALWAYS = date(1900, 1, 1)


def night(day: int) -> datetime:
    """02:00 in Shanghai after that day of September, as UTC."""
    return datetime.fromisoformat(f"2026-09-{day:02} 18:00")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two accounts that a person joins on the 3rd, parts from the 6th on by ending the decision; a third comes and is deleted."""
    lake = Lake(as_of=date(2026, 9, 1), known_at=night(1), pulled_at=night(1))
    link = {
        "crm": "fxiaoke", "account_id": "A", "other_crm": "zoho", "other_account_id": "B", "decision": "same",
        "valid_from": date(2026, 9, 3), "reason": "同一客户", "approved_by": "E9",
    }  # fmt: skip
    lake.add("fxiaoke", "accounts", "A", account_name="甲机械", uscc=CODE)
    lake.add("zoho", "accounts", "B", account_name="乙贸易")
    lake.add("company", "customer_links", "L", pulled_at=night(2), **link)
    lake.add("fxiaoke", "accounts", "A", pulled_at=night(4), account_name="甲机械", uscc=CODE, owner_id="another")
    lake.add("fxiaoke", "accounts", "C", pulled_at=night(4), account_name="甲机械(旧)", uscc=CODE)
    lake.add("company", "customer_links", "L", pulled_at=night(5), **link, valid_to=date(2026, 9, 5))
    lake.add("fxiaoke", "accounts", "C", pulled_at=night(7), is_deleted=True)
    root = tmp_path_factory.mktemp("identity")
    lake.write(root / "lake", root / "build")
    return root / "lake"


def at(lake: Path, day: int, memory: Path | None = None) -> Told:
    return told(RawLog(str(lake), "Asia/Shanghai"), date(2026, 9, day), night(day), memory)


def stretches(found: Told) -> list[tuple[Any, ...]]:
    wanted = ("account_id", "customer", "joined_to", "rule", "is_gone", "valid_from", "valid_to")
    return [tuple(row[name] for name in wanted) for row in found.accounts.to_pylist()]


def test_a_merge_and_its_undoing_are_stretches_of_time(lake: Path) -> None:
    day = [date(2026, 9, number) for number in range(1, 31)]
    a, b, c = "fxiaoke:A", "zoho:B", "fxiaoke:C"
    assert stretches(at(lake, 8)) == [
        ("A", a, None, "alone", False, ALWAYS, day[2]),
        ("A", a, b, "decision", False, day[2], day[5]),
        ("A", a, c, "code", False, day[5], None),
        ("C", a, a, "code", False, day[3], day[6]),
        ("C", a, a, "code", True, day[6], None),
        ("B", b, None, "alone", False, ALWAYS, day[2]),
        ("B", a, a, "decision", False, day[2], day[5]),
        ("B", b, None, "alone", False, day[5], None),
    ]


def test_a_night_tells_what_it_told_then_whatever_came_later(lake: Path) -> None:
    assert [row for row in stretches(at(lake, 2)) if row[-1]] == []
    assert [row[:4] for row in stretches(at(lake, 4)) if row[-1] is None] == [
        ("A", "fxiaoke:A", "zoho:B", "decision"),
        ("C", "fxiaoke:A", "fxiaoke:A", "code"),
        ("B", "fxiaoke:A", "fxiaoke:A", "decision"),
    ]


def test_what_is_kept_changes_nothing(lake: Path, tmp_path: Path) -> None:
    step_by_step = [at(lake, day, tmp_path) for day in (1, 2, 3, 4, 5, 6, 7, 8)]
    again = [at(lake, day, tmp_path) for day in (8, 3)]
    fresh = [at(lake, day) for day in (8, 3)]
    for kept, made in ((step_by_step[-1], fresh[0]), (again[0], fresh[0]), (again[1], fresh[1])):
        assert (kept.accounts.equals(made.accounts), kept.questions.equals(made.questions)) == (True, True)
    assert len(list(tmp_path.glob("*.parquet"))) == 6
