"""The validation site: everything that failed is on it, and nothing on it comes from elsewhere.

What to add here: a question that a person should find answered there.
What belongs elsewhere: whether the checks are right (`test_doors.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from expectations import site
from expectations.suites import Kind, Rule, Severity, Suite, suites
from expectations.validate import Failing, Result, Validation

KNOWN_AT = datetime(2026, 11, 19, 18, tzinfo=UTC)
ROW = ("expect_column_values_to_not_be_null", {"column": "account_id"}, Kind.ROW, Severity.CRITICAL)
TABLE = ("expect_table_row_count_to_be_between", {"min_value": 1}, Kind.TABLE, Severity.CRITICAL)
SUITE = Suite("raw_zoho", "orders", "订单", ("key", "record_hash", "pulled_at"), (
    Rule("order_has_a_customer", *ROW, "无主"), Rule("table_is_not_empty", *TABLE, "空表"),
))
OWNERLESS = Failing("<k1>", "h", "account_id = empty", datetime.fromisoformat("2026-11-01T01:00"))
FOUND = Validation(SUITE, 5, (
    Result(SUITE.rules[0], False, 5, 1, failing=(OWNERLESS,)),
    Result(SUITE.rules[1], True, 5, 0),
))


def write(folder: Path, door: str = "door_in", found: Validation = FOUND, guarded: Sequence[str] = (), later: int = 0) -> None:
    """One door's results, rendered; `later` by so many days."""
    moment = KNOWN_AT + timedelta(days=later)
    names = [*guarded, found.suite.name]
    site.keep(folder, door, [found], names, as_of=date(2026, 11, 19), known_at=moment, time_zone="Asia/Shanghai")
    site.render(folder)


def test_a_failing_row_is_found_by_its_key_and_reason(tmp_path: Path) -> None:
    write(tmp_path)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    page = (tmp_path / "raw_zoho.orders.html").read_text(encoding="utf-8")
    for told in ('href="raw_zoho.orders.html#order_has_a_customer"', "无主", "2026-11-20 02:00:00 +0800", "隔离 quarantined"):
        assert told in index
    for told in ("&lt;k1&gt;", "account_id = empty", "account_id 不为空 · is given", "2026-11-01 01:00:00", "行数 rows ≥ 1"):
        assert told in page


def test_both_doors_stand_on_one_index_and_old_pages_go(tmp_path: Path) -> None:
    write(tmp_path)
    out = Suite("core", "clocks", "两只钟", ("as_of",), SUITE.rules[1:])
    write(tmp_path, "door_out", Validation(out, 1, (Result(out.rules[0], True, 1, 0),)))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<td><a href="([^"#]+)">', index) == ["raw_zoho.orders.html", "raw_zoho.orders.html", "core.clocks.html"]
    write(tmp_path, "door_in", Validation(out, 1, (Result(out.rules[0], True, 1, 0),)))
    assert sorted(page.name for page in tmp_path.glob("*.html")) == ["core.clocks.html", "index.html"]


def test_a_table_that_a_job_did_not_ask_about_keeps_its_page_and_says_when_it_was_asked(tmp_path: Path) -> None:
    write(tmp_path)
    out = Suite("raw_zoho", "users", "用户", ("key",), SUITE.rules[1:])
    write(tmp_path, found=Validation(out, 1, (Result(out.rules[0], True, 1, 0),)), guarded=["raw_zoho.orders"], later=1)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<td><a href="([^"#]+).html">', index) == ["raw_zoho.orders", "raw_zoho.orders", "raw_zoho.users"]
    assert (index.count("2026-11-20 02:00:00"), index.count("2026-11-21 02:00:00")) == (1, 1)  # the older table, and the door
    pages = [(tmp_path / f"raw_zoho.{name}.html").read_text(encoding="utf-8") for name in ("orders", "users")]
    assert [re.findall(r"2026-11-2\d 02", page) for page in pages] == [["2026-11-20 02"], ["2026-11-21 02"]]


def test_the_site_needs_nothing_from_outside(tmp_path: Path) -> None:
    write(tmp_path)
    outside = re.compile(r"https?:|//[a-z]|url\(|@import|<script|<link|<img|<iframe", re.IGNORECASE)
    assert {page.name: outside.findall(page.read_text(encoding="utf-8")) for page in tmp_path.glob("*.html")} == {
        "index.html": [], "raw_zoho.orders.html": [],
    }


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert (tmp_path / "a" / "index.html").read_bytes() == (tmp_path / "b" / "index.html").read_bytes()


def test_an_unknown_door_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="door_sideways"):
        write(tmp_path, "door_sideways")


def test_every_rule_that_we_have_can_be_said_in_words() -> None:
    assert [rule.type for suite in suites() for rule in suite.rules if site.asked(rule).startswith("expect_")] == []
