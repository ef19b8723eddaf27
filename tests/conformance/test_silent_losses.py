"""Ways in which a CRM drops a record without a word, one at a time: found in the same night, or by the next comparison.

What to add here: another way to lose a record and answer as if nothing were missing.
What belongs elsewhere: all of them at random (`test_histories.py`), trouble that says so (`tests/connectors`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import fxiaoke, zoho
from connectors.client import Manners
from connectors.lake import Lake, Manifest, extract
from connectors.sweeping import Compared
from simulators.faults import Fault
from simulators.options import Options
from simulators.server import CREDENTIALS
from tests.conformance.crms_here import HOST, CrmHere
from tests.conformance.histories import FIRST, KINDS, NIGHT, Content, History, Kind, Standing
from tests.conformance.test_histories import NEWEST, expected, rows_of, told, walk_of
from tests.waiting import NoWaiting

KIND = {(kind.crm, kind.name): kind for kind in KINDS}
DEALS, LEADS = KIND["zoho", "opportunities"], KIND["zoho", "leads"]
ORDERS = KIND["fxiaoke", "orders"]
HOUR = timedelta(hours=1)
EARLY = FIRST - 10 * HOUR  # long before the first night's overlap


@dataclass
class Night:
    """One object of one CRM, and the lake that it lands in."""

    history: History
    here: CrmHere
    connection: Any
    lake: Lake
    pulls: list[Manifest] = field(default_factory=list)

    def __call__(self, number: int, *faults: Fault, compare: bool = False, **options: Any) -> Manifest:
        """Pull it in the n-th night."""
        simulation = self.here.simulation
        simulation.move_to(FIRST + number * NIGHT)
        simulation.options = simulation.options.changed({self.history.kind.crm: options})
        simulation.faults.clear()
        simulation.faults.add(*faults)
        self.connection.settings = replace(self.connection.settings, sweep_every=timedelta(0) if compare else None)
        (obj,) = [one for one in self.connection.objects if one.name == self.history.kind.name]
        return extract(self.connection, self.lake, obj, known_at=FIRST + number * NIGHT, run_id="night")

    def holds(self, number: int) -> bool:
        """Whether the lake's state is the CRM's in the n-th night."""
        kind, at = self.history.kind, FIRST + number * NIGHT
        found = {row["key"]: told(self.history, row) for row in rows_of(self.lake, self.history, NEWEST) if not row["is_deleted"]}
        standing = {record: self.history.standing(record, at) for record in self.history.records}
        truth = {kind.key(one): expected(self.history, its) for one, its in standing.items() if its is not None and its.content}
        return found == truth


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Callable[..., Night]]:
    """Makes an object of a CRM with these records, and the connection that reads it."""
    made: list[CrmHere] = []

    def make(kind: Kind, records: dict[int, list[Standing]], **settings: Any) -> Night:
        history = History(kind, records)
        history.write(tmp_path / "records")
        here = CrmHere(kind.crm, tmp_path / "records", FIRST, {"limits": "off"})
        made.append(here)
        package: Any = zoho if kind.crm == "zoho" else fxiaoke
        known, names = CREDENTIALS[kind.crm], package.ZohoSettings if kind.crm == "zoho" else package.FxiaokeSettings
        wanted = {name: value for name, value in known.items() if name in names.__dataclass_fields__}
        hosts = {"accounts_url": HOST, "api_url": HOST} if kind.crm == "zoho" else {"base_url": HOST}
        common = {"manners": Manners(logins=None), "settle": timedelta(0), "overlap": HOUR}
        settings = {**common, **hosts, **wanted, **settings}
        connect = package.ZohoConnection if kind.crm == "zoho" else package.FxiaokeConnection
        connection = connect(names(**settings), session=here.session, **NoWaiting().passed)
        return Night(history, here, connection, Lake(str(tmp_path / "lake")))

    yield make
    for here in made:
        here.close()


def says(number: int, **more: str) -> Content:
    return {"title": f"t{number}", "money": f"{number}.25", "state": "a", "note": f"n{number}", "life": "normal", **more}


def short(kind: Kind, after: int = 0) -> Fault:
    return Fault(kind="short_page", after=after, **walk_of(History(kind)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.crm} {kind.name}")
def test_the_only_record_of_a_window_is_on_a_page_that_lacks_it(nights: Callable[..., Night], kind: Kind) -> None:
    night = nights(kind, {1: [Standing(EARLY, says(1)), Standing(EARLY + NIGHT, says(2))]})
    assert [night(number, short(kind)).versions for number in (0, 1)] == [1, 1]


@pytest.mark.parametrize("knows", [{}, {"count_converted": True}, {"coql_converted": False}, {"scopes": ()}])
def test_a_converted_lead_is_on_a_page_that_lacks_it(nights: Callable[..., Night], knows: dict[str, Any]) -> None:
    rights = {"scopes": tuple(one for one in Options().zoho.scopes if "coql" not in one)} if "scopes" in knows else knows
    leads = {number: [Standing(EARLY, says(number, state="converted" if number % 2 else "a"))] for number in range(8)}
    night = nights(LEADS, leads)
    assert night(0, short(LEADS), **rights).versions == 8
    assert night.holds(0)


@pytest.mark.parametrize("share", [5, 7, 200])
def test_equal_times_come_in_another_order_on_each_page(nights: Callable[..., Night], share: int) -> None:
    night = nights(DEALS, {number: [Standing(EARLY, says(number))] for number in range(60)})
    first = night(0, ties="shuffled", max_per_page=share, per_page_policy="clamp")
    assert (first.versions, night.holds(0)) == (60, True)


@pytest.mark.parametrize("kind", [DEALS, LEADS, ORDERS], ids=lambda kind: f"{kind.crm} {kind.name}")
def test_a_record_restored_without_a_new_moment_lives_again_after_a_comparison(nights: Callable[..., Night], kind: Kind) -> None:
    back = Standing(EARLY + 2 * NIGHT, says(1), modified=EARLY)
    night = nights(
        kind, {0: [Standing(EARLY, says(0))], 1: [Standing(EARLY, says(1)), Standing(EARLY + NIGHT, None, "recycle"), back]}
    )
    night(0)
    assert night(1, compare=True, restore_bumps_modified=False).deleted == 1
    assert night(2).versions == 0
    assert night(3, compare=True).compared == Compared(seen=2, held=1, dead=1)
    assert night.holds(3)


def test_a_record_back_from_invalid_without_a_new_moment_is_valid_again_after_a_comparison(nights: Callable[..., Night]) -> None:
    invalid = Standing(EARLY + NIGHT, says(1, life="invalid"))
    night = nights(ORDERS, {1: [Standing(EARLY, says(1)), invalid, Standing(EARLY + 2 * NIGHT, says(1), modified=invalid.at)]})
    assert [night(number).versions for number in (0, 1, 2)] == [1, 1, 0]
    assert night(3, compare=True).compared == Compared(seen=1, held=1, stale=1)
    assert night.holds(3)


@pytest.mark.parametrize("how", [{}, {"bulk_from": 1}], ids=["by pages", "by Bulk Read"])
def test_a_rich_text_that_lists_cut_is_whole_in_the_lake(nights: Callable[..., Night], how: dict[str, Any]) -> None:
    texts = ["short", "n" * 499, "文" * 500, "文" * 501, "a" + "🙂" * 400, "<b>" + "富" * 3000]
    night = nights(DEALS, {number: [Standing(EARLY, says(number, note=text))] for number, text in enumerate(texts)}, **how)
    assert night(0, rich_text_fields=("Note",)).versions == len(texts)
    assert night.holds(0)


def test_a_rich_text_that_may_not_be_read_whole_is_kept_as_it_came_and_said(
    nights: Callable[..., Night], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    night = nights(DEALS, {1: [Standing(EARLY, says(1, note="文" * 700))], 2: [Standing(EARLY, says(2))]})
    refused = Fault(kind="refuse", path="fetch_full_data", status=403, message="NO_PERMISSION")
    assert night(0, refused, rich_text_fields=("Note",)).versions == 2
    assert "zoho opportunities: 1 texts may be cut to 500 characters" in caplog.text


@pytest.mark.parametrize("knows", [{}, {"coql_converted": False}])
def test_a_lead_converted_or_turned_back_without_a_new_moment_is_read_after_a_comparison(
    nights: Callable[..., Night], knows: dict[str, Any]
) -> None:
    converted, moment = says(1, state="converted"), EARLY + NIGHT
    turns = {
        1: [Standing(EARLY, says(1)), Standing(moment, converted), Standing(EARLY + 2 * NIGHT, says(1), modified=moment)],
        2: [Standing(EARLY, says(2)), Standing(EARLY + 2 * NIGHT, converted, modified=EARLY)],
        3: [Standing(EARLY, converted)],
        4: [Standing(EARLY, says(4))],
    }
    night = nights(LEADS, turns)
    assert [night(number, **knows).versions for number in (0, 1, 2)] == [4, 1, 0]
    assert night(3, compare=True, **knows).compared == Compared(seen=4, held=4, stale=2)
    assert night.holds(3)


@pytest.mark.parametrize(
    ("kind", "lost"),
    [(DEALS, {"visible_share": 0.5}), (LEADS, {"visible_share": 0.5}), (ORDERS, {"not_admin_share": 0.5})],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_rights_lost_for_a_night_bury_nothing_and_what_they_hid_is_read_when_they_are_back(
    nights: Callable[..., Night], kind: Kind, lost: dict[str, float]
) -> None:
    edited = {number: [Standing(EARLY, says(number)), Standing(EARLY + NIGHT, says(number + 100))] for number in range(40)}
    night = nights(kind, edited)
    night(0)
    second = night(1, compare=True, **lost)
    assert (second.deleted, second.disbelieved > 8, second.swept_at) == (0, True, FIRST)
    hidden = 40 - second.versions
    assert hidden == second.disbelieved
    third = night(2, compare=True, **dict.fromkeys(lost))
    assert third.compared == Compared(seen=40, held=40, stale=hidden)
    assert night.holds(2)


@pytest.mark.parametrize("kind", [DEALS, ORDERS], ids=lambda kind: kind.crm)
def test_a_merge_leaves_the_record_that_took_the_other_in(nights: Callable[..., Night], kind: Kind) -> None:
    others = {number: [Standing(EARLY, says(number))] for number in range(2, 8)}
    merged = {0: [Standing(EARLY, says(0)), Standing(EARLY + NIGHT, says(9))], 1: [Standing(EARLY, says(1))]}
    merged[1].append(Standing(EARLY + NIGHT, None, "permanent"))
    night = nights(kind, {**others, **merged})
    night(0)
    second = night(1, compare=kind.crm == "fxiaoke")  # which tells of no deletion
    assert (second.versions, second.deleted, night.holds(1)) == (1, 1, True)


def test_an_export_and_a_page_of_the_same_record_are_one_version(nights: Callable[..., Night]) -> None:
    night = nights(
        DEALS, {number: [Standing(FIRST - timedelta(minutes=number + 1), says(number))] for number in range(9)}, bulk_from=1
    )
    assert [night(number).versions for number in (0, 1)] == [9, 0]
    assert night.lake.newest("zoho", "opportunities").records == 9  # read again, since they lie in the overlap


@pytest.mark.parametrize("rows", [1, 3])
def test_an_export_that_lacks_records_is_made_whole_by_their_ids(nights: Callable[..., Night], rows: int) -> None:
    night = nights(DEALS, {number: [Standing(EARLY, says(number))] for number in range(9)}, bulk_from=1)
    late = {
        "crm_of": "zoho",
        "name": "Deals",
        "versions": [DEALS.record(20 + number, EARLY, says(number)) for number in range(rows)],
    }
    came_late = Fault(kind="put", path="/crm/bulk/", after=2, **late)
    assert night(0, came_late).versions == 9 + rows


@pytest.mark.parametrize("kind", [DEALS, ORDERS], ids=lambda kind: kind.crm)
def test_a_record_that_a_page_of_the_comparison_lacks_is_not_buried(nights: Callable[..., Night], kind: Kind) -> None:
    night = nights(kind, {number: [Standing(EARLY, says(number))] for number in range(5)})
    night(0)
    rights = {"scopes": tuple(one for one in Options().zoho.scopes if "coql" not in one)} if kind is DEALS else {}
    second = night(1, *(short(kind, after) for after in range(1, 4)), compare=True, **rights)
    assert (second.deleted, night.holds(1)) == (0, True)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_clocks_that_change_during_a_window_move_nothing(nights: Callable[..., Night], zone: str) -> None:
    minutes = range(0, 24 * 60, 37)  # Berlin's clocks go forward in this window
    edits = {
        number: [Standing(EARLY, says(number)), Standing(FIRST + timedelta(minutes=at), says(at))]
        for number, at in enumerate(minutes)
    }
    night = nights(DEALS, edits)
    night(0, user_time_zone=zone, max_per_page=7, per_page_policy="clamp")
    assert (night(1).versions, night.holds(1)) == (len(minutes), True)
