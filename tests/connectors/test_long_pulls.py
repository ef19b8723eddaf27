"""First loads too long for one walk or for one day: read side by side, broken off, gone on with, and the same in the end.

What to add here: a way in which a long pull is cut, or cut short.
What belongs elsewhere: what a resume point is worth (`test_lake.py`), trouble within one walk (`test_nights.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectors.client import Connection, Manners, Window
from connectors.faults import Deferred, RetryLater
from connectors.lake import Lake, extract
from connectors.moved import Look, Moved
from connectors.together import Came, parted, side_by_side
from connectors.zoho.connection import ZohoConnection
from simulators.server import RunningSimulators, serve
from tests.connectors.scripted_crm import Time
from tests.connectors.test_nights import DAY_ONE, DEALS, NIGHT, ORDERS, QUIET, deal, order, state, to_fxiaoke, to_zoho, write

MANY = 21_000
START = DAY_ONE - timedelta(days=300)


@pytest.fixture(scope="module")
def crms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulators]:
    folder = tmp_path_factory.mktemp("records")
    moments = [START + timedelta(minutes=20 * (n % MANY)) for n in range(MANY)]
    write(folder, "zoho", "Deals", [deal(n, moment) for n, moment in enumerate(moments)])
    write(folder, "fxiaoke", "SalesOrderObj", [order(MANY - n, moment) for n, moment in enumerate(moments)])
    with serve(folder, at=DAY_ONE, options={"limits": "off"}) as simulators:
        yield simulators


def source(crms: RunningSimulators, crm: str, **manners: Any) -> Connection:
    settings = Manners(attempts=10, logins=None, **manners) if manners else QUIET
    return to_zoho(crms, bulk_from=None, manners=settings) if crm == "zoho" else to_fxiaoke(crms, manners=settings)


@pytest.mark.parametrize(("crm", "obj", "calls"), [("zoho", DEALS, 90), ("fxiaoke", ORDERS, 170)])
def test_a_first_load_of_many_days_brings_every_record_once(
    crms: RunningSimulators, tmp_path: Path, crm: str, obj: Any, calls: int
) -> None:
    whole, in_days = Lake(str(tmp_path / "whole")), Lake(str(tmp_path / "in days"))
    at_once = extract(source(crms, crm), whole, obj, known_at=DAY_ONE, run_id="r")
    assert (at_once.records, at_once.versions, at_once.resumed_from) == (MANY, MANY, None)
    days = 0
    while not in_days.manifests():
        days += 1
        try:
            extract(source(crms, crm, calls_per_day=calls), in_days, obj, known_at=DAY_ONE + days * NIGHT, run_id="r")
        except Deferred:
            assert (in_days.manifests(), in_days.raw_files(crm, obj.name), days < 5) == ([], [], True)
    (done,) = in_days.manifests()
    assert (done.versions, done.window_start, done.window_end, days > 1) == (MANY, None, DAY_ONE + days * NIGHT, True)
    columns = [field.name for field in obj.fields]
    assert state(in_days, crm, obj.name, *columns) == state(whole, crm, obj.name, *columns)


@pytest.mark.parametrize(("crm", "obj", "calls"), [("zoho", DEALS, 70 + 35 + 15), ("fxiaoke", ORDERS, 140 + 70 + 50)])
def test_the_parts_of_a_load_look_at_what_changed_since_together(
    crms: RunningSimulators, tmp_path: Path, crm: str, obj: Any, calls: int
) -> None:
    crms.reset()  # a window that closed long ago: a third of all records has changed since
    until = START + timedelta(minutes=20) * (MANY * 2 // 3)
    done = extract(source(crms, crm), Lake(str(tmp_path)), obj, known_at=until, run_id="r")
    assert (done.versions, done.window_end) == (MANY * 2 // 3, until)
    assert crms.counts()[f"{crm} calls"] < calls


def test_a_look_at_what_moved_goes_on_from_the_last_and_none_is_older_than_the_question() -> None:
    asked: list[datetime] = []
    looks = [Look(np.array([1, 2]), START + timedelta(hours=2)), Look(np.array([2, 3]), None), None]

    def look(since: datetime) -> Look | None:
        """What the script says next."""
        asked.append(since)
        return looks.pop(0)

    moved, ours = Moved(START, look, timedelta(minutes=10)), np.array([1, 2, 3, 4])
    assert [moved.left_of(ours) for _ in range(3)] == [2, 1, None]
    assert asked == [START, START + timedelta(hours=1, minutes=50), START + timedelta(hours=1, minutes=50)]


def test_a_bulk_read_that_breaks_off_goes_on_with_the_results_it_has(tmp_path: Path) -> None:
    moments = [START + timedelta(minutes=n) for n in range(1000)]
    write(tmp_path, "zoho", "Deals", [deal(n, moment) for n, moment in enumerate(moments)])
    lake, small = Lake(str(tmp_path / "lake")), {"bulk_page_records": 200}
    settings = {"bulk_from": 500, "manners": Manners(attempts=1, logins=None)}
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off", "zoho": small}) as crms:
        crms.fault(kind="reset", path="/result", after=2, times=None)
        with pytest.raises(RetryLater):
            extract(to_zoho(crms, **settings), lake, DEALS, known_at=DAY_ONE, run_id="r")
        assert (lake.manifests(), lake.raw_files("zoho", DEALS.name)) == ([], [])
        first = crms.counts()
        crms.reset()
        later = DAY_ONE + timedelta(hours=1)
        crms.put(
            "zoho",
            "Deals",
            deal(7, later, Amount=99),
            deal(1000, later),
            {"id": deal(8, later)["id"], "$deleted": "recycle", "$at": later.isoformat()},
        )
        crms.move_to(DAY_ONE + NIGHT)
        done = extract(to_zoho(crms, **settings), lake, DEALS, known_at=DAY_ONE + NIGHT, run_id="r")
        second = crms.counts()
    assert (done.versions, done.deleted, done.window_start, done.window_end) == (1002, 1, None, DAY_ONE + NIGHT)
    jobs, results = (
        [
            sum(count for call, count in counts.items() if call.startswith(how) and call.endswith(what))
            for counts in (first, second)
        ]
        for how, what in (("zoho POST", "/read"), ("zoho GET", "/result"))
    )
    assert (jobs, results) == ([3, 2], [3, 3])
    assert len(state(lake, "zoho", DEALS.name)) == 1000


def test_a_bulk_read_that_hangs_for_nights_is_given_up_for_a_walk(tmp_path: Path) -> None:
    write(tmp_path, "zoho", "Deals", [deal(n, START + timedelta(minutes=n)) for n in range(1000)])
    lake = Lake(str(tmp_path / "lake"))
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off"}) as crms:
        crms.fault(kind="bulk_stuck", path="/read", times=None)
        for number in range(3):
            with pytest.raises(RetryLater, match="half an hour"):
                extract(to_zoho(crms, bulk_from=500), lake, DEALS, known_at=DAY_ONE + number * NIGHT, run_id="r")
        done = extract(to_zoho(crms, bulk_from=500), lake, DEALS, known_at=DAY_ONE + 3 * NIGHT, run_id="r")
        assert (done.versions, done.window_end, len(lake.manifests())) == (1000, DAY_ONE + 3 * NIGHT, 1)
        assert crms.counts()["zoho POST /crm/bulk/v8/read"] == 3
        assert len(state(lake, "zoho", DEALS.name)) == 1000


def test_a_job_that_was_not_waited_for_is_used_the_next_night(tmp_path: Path) -> None:
    write(tmp_path, "zoho", "Deals", [deal(n, START + timedelta(minutes=n)) for n in range(1000)])
    lake, settings = Lake(str(tmp_path / "lake")), {"bulk_from": 500, "manners": Manners(attempts=1, logins=None)}
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off"}) as crms:
        crms.fault(kind="reset", path="/read/", times=None)
        with pytest.raises(RetryLater, match="no answer"):
            extract(to_zoho(crms, **settings), lake, DEALS, known_at=DAY_ONE, run_id="r")
        jobs = crms.counts()["zoho POST /crm/bulk/v8/read"]
        crms.reset()
        gone = {"id": deal(2, START)["id"], "$deleted": "recycle", "$at": (DAY_ONE + timedelta(hours=2)).isoformat()}
        crms.put("zoho", "Deals", deal(1, DAY_ONE + timedelta(hours=1)), gone)
        crms.move_to(DAY_ONE + NIGHT)
        done = extract(to_zoho(crms, **settings), lake, DEALS, known_at=DAY_ONE + NIGHT, run_id="r")
        more = crms.counts().get("zoho POST /crm/bulk/v8/read", 0)
    assert (done.versions, done.deleted, jobs, more) == (1001, 1, 1, 0)
    assert len(state(lake, "zoho", DEALS.name)) == 999


def test_a_budget_that_ends_in_the_middle_of_a_bulk_read_costs_no_job_twice(tmp_path: Path) -> None:
    write(tmp_path, "zoho", "Deals", [deal(n, START + timedelta(minutes=n)) for n in range(1000)])
    lake, days = Lake(str(tmp_path / "lake")), 0
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off", "zoho": {"bulk_page_records": 250}}) as crms:
        while not lake.manifests():
            source = to_zoho(crms, bulk_from=500, manners=Manners(attempts=5, logins=None, calls_per_day=9))
            try:
                extract(source, lake, DEALS, known_at=DAY_ONE + days * NIGHT, run_id="r")
            except Deferred:
                days += 1
        (done,), jobs = lake.manifests(), crms.counts()["zoho POST /crm/bulk/v8/read"]
    assert (done.versions, jobs, 1 < days < 5) == (1000, 4, True)


def test_results_of_bulk_reads_are_fetched_ten_a_minute(tmp_path: Path, clock: Time) -> None:
    write(tmp_path, "zoho", "Deals", [deal(n, START + timedelta(minutes=n)) for n in range(1000)])
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off", "zoho": {"bulk_page_records": 90}}) as crms:
        settings = to_zoho(crms, bulk_from=500).settings
        source = ZohoConnection(settings, **clock.injected)
        done = extract(source, Lake(str(tmp_path / "lake")), DEALS, known_at=DAY_ONE, run_id="r")
    assert (done.versions, sum(clock.slept) > 60) == (1000, True)


def test_parts_hold_about_as_many_records_each_and_leave_no_gap() -> None:
    moments = [START + timedelta(hours=n) for n in range(1000)] + [START + timedelta(days=90)] * 500

    def count(window: Window) -> int:
        return sum(window.holds(moment) for moment in moments)

    parts = parted(Window(None, DAY_ONE), START, len(moments), count, least=200, threads=2)
    assert [part.start for part in parts] == [None, *(part.end for part in parts[:-1])]
    assert (parts[-1].end, [count(part) for part in parts]) == (DAY_ONE, [300, 300, 400, 500])


def test_streams_come_side_by_side_and_one_fault_ends_them_all() -> None:
    assert sorted(side_by_side([lambda: iter("ab"), lambda: iter("c")], 2), key=str) == [
        Came(0, "a"), Came(0, "b"), Came(0, None), Came(1, "c"), Came(1, None),
    ]  # fmt: skip

    def broken() -> Iterator[str]:
        """One item, then a fault."""
        yield "x"
        raise Deferred("crm", asked="more", came="nothing", cure="wait")

    def endless() -> Iterator[str]:
        """Never stops by itself."""
        while True:
            yield "y"

    with pytest.raises(Deferred):
        for _ in side_by_side([broken, endless], 2):
            pass
