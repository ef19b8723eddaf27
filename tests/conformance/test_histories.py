"""Random histories read by bad nights: the versions in the warehouse are what each night could see, and its state is the CRM's.

What to add here: a switch under which the same must hold.
What belongs elsewhere: what happens (`histories.py`), how CRMs are reached (`crms_here.py`), single cases (`tests/connectors`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import fxiaoke, zoho
from connectors.catalogue import CrmObject
from connectors.client import Manners, Window
from connectors.faults import Fault as CrmFault
from connectors.faults import TokenRefused
from connectors.lake import Lake, extract
from simulators.faults import BadNight, Fault
from simulators.options import Options
from simulators.server import CREDENTIALS
from tests.conformance.crms_here import HOST, CrmHere
from tests.conformance.histories import DURING, NIGHT, SECOND, History, Standing, Story
from tests.waiting import NoWaiting

HISTORIES = 200
KINDS_OF_TROUBLE = ("throttle", "server_error", "html", "truncated", "slow", "trickle", "reset", "token_expired")
DECEITS = {"zoho": ("skipped_row", "border_row", "doubled_row"), "fxiaoke": ("skipped_row", "wrong_info")}
SCOPES = ("ZohoCRM.coql.READ", "ZohoSearch.securesearch.READ")  # an organisation may grant neither
DATABASE = duckdb.connect(config={"threads": 1})
VERSIONS = "select * from read_parquet(?, union_by_name = true) order by pulled_at"
NEWEST = """
    select * from read_parquet(?, union_by_name = true)
    qualify row_number() over (partition by key order by pulled_at desc, modified_at desc, record_hash desc) = 1
"""
Row = dict[str, Any]


@dataclass
class Reading:
    """How one CRM is read through a story: its connection, and which nights compare all ids."""

    crm: str
    story: Story
    here: CrmHere
    connection: zoho.ZohoConnection | fxiaoke.FxiaokeConnection
    sweep_every: timedelta
    swept: dict[str, datetime] = field(default_factory=dict)
    broken: set[tuple[str, int]] = field(default_factory=set)  # objects and nights of which a first try broke off

    def sweeps(self, history: History, number: int) -> bool:
        """Whether a night looks at every id of an object; the first one sees them anyway, and the last one is made to."""
        known_at = self.story.night(number)
        last = self.swept.setdefault(history.kind.name, known_at)
        every = self.sweep_every if history.kind.has_list and number < self.story.nights - 1 else timedelta(0)
        return number > 0 and known_at - last >= every


def options_of(story: Story) -> dict[str, Any]:
    """Switches that must not matter, and pages so small that a few records make many."""
    luck = story.luck
    return {
        "limits": "off",
        "zoho": {
            "max_per_page": luck.choice((3, 7, 200)),
            "per_page_policy": "clamp",
            "ties": luck.choice(("id", "reverse", "shuffled")),
            "restore_bumps_modified": story.bumps["zoho"],
            "coql_converted": luck.random() < 0.5,
            "coql_max_limit": luck.choice((200, 2_000)),
            "bulk_page_records": luck.choice((5, 200_000)),
            "bulk_bom": luck.random() < 0.5,
            "scopes": tuple(scope for scope in Options().zoho.scopes if scope not in SCOPES or luck.random() < 0.9),
            "page_walk": luck.choice(("offset", "offset", "keyset", "snapshot")),
            "nothing_modified": luck.choice((304, 204)),
            "if_modified_since_inclusive": luck.random() < 0.5,
            "page_binds_if_modified_since": luck.choice(("bound", "remembered", "header")),
            "count_converted": luck.random() < 0.5,
            "user_time_zone": luck.choice((None, "Europe/Berlin", "Asia/Kolkata")),
        },
        "fxiaoke": {
            "max_limit": luck.choice((3, 7, 100)),
            "default_sort": luck.choice(("last_modified_desc", "id")),
            "numbers": luck.choice(("as_stored", "strings", "numbers")),
            "total_default": luck.choice((None, True, False)),
            "restore_bumps_modified": story.bumps["fxiaoke"],
        },
    }


def reading(crm: str, story: Story, folder: Path, options: dict[str, Any]) -> Reading:
    """A connection to one CRM of a story."""
    here = CrmHere(crm, folder, story.night(0), options)
    sweep_every = story.luck.choice((NIGHT, 2 * NIGHT, 7 * NIGHT))
    known = CREDENTIALS[crm]
    settings: dict[str, Any] = {
        "manners": Manners(attempts=12, logins=None),
        "settle": story.settle,
        "overlap": story.luck.choice((2 * SECOND, timedelta(hours=2))),
        "sweep_every": sweep_every,
    }
    more: dict[str, Any] = {"session": here.session, **NoWaiting().passed}
    if crm == "zoho":
        secrets = {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
        settings["bulk_from"] = story.luck.choice((None, 1))
        connection: Any = zoho.ZohoConnection(zoho.ZohoSettings(**secrets, accounts_url=HOST, api_url=HOST, **settings), **more)
    else:
        secrets = {name: known[name] for name in ("app_id", "app_secret", "permanent_code", "open_user_id", "user_id", "ea")}
        style = story.luck.choice(list(fxiaoke.Style))
        connection = fxiaoke.FxiaokeConnection(fxiaoke.FxiaokeSettings(**secrets, base_url=HOST, style=style, **settings), **more)
    return Reading(crm, story, here, connection, sweep_every)


def rows_of(lake: Lake, history: History, query: str) -> list[Row]:
    """Rows of an object's raw table."""
    found = DATABASE.execute(query, [f"{lake.raw_folder(history.kind.crm, history.kind.name)}/*.parquet"])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def told(history: History, row: Row) -> tuple[Any, ...]:
    """What a raw row says: nothing for a tombstone, else when it changed and its content."""
    if row["is_deleted"]:
        return ()
    columns = history.kind.columns({"title": "", "state": "", "money": "0", "note": "", "life": ""})
    extra = json.loads(row["extra"] or "{}")
    note = extra.get("Note" if history.kind.crm == "zoho" else "field_note__c")
    return row["modified_at"], tuple(note if name == "note" else row[name] for name in columns)


def expected(history: History, standing: Standing) -> tuple[Any, ...]:
    """What a raw row should say of a record that stands so."""
    if standing.content is None:
        return ()
    return naive(standing.changed), tuple(history.kind.columns(standing.content).values())


def naive(moment: datetime) -> datetime:
    """UTC without a zone, as raw tables keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@dataclass
class Ledger:
    """What the warehouse should know of one object, night by night."""

    history: History
    known: dict[int, tuple[Any, ...]] = field(default_factory=dict)  # the newest version of each record it knows
    is_too_much: bool = False  # whether more vanished in the last night than is believed

    def night(self, rows: list[Row], known_at: datetime, window: Window, *, sweeps: bool, walked: bool) -> list[str]:
        """What is wrong with the versions that a night brought."""
        numbers = {self.history.kind.key(number): number for number in self.history.records}
        brought: dict[int, list[Row]] = {}
        for row in rows:
            brought.setdefault(numbers[row["key"]], []).append(row)
        alive = [number for number, last in self.known.items() if last]
        listed = {number for number in self.history.records if self._is_listed(number, known_at, window.end)}
        missing = [number for number in alive if self._is_gone(number, known_at) and number not in listed]
        self.is_too_much = len(missing) > max(3, 0.2 * len(alive))
        wrong = []
        for number in self.history.records:
            rows_here = sorted(brought.get(number, ()), key=lambda row: (row["modified_at"], row["record_hash"]))
            found = [told(self.history, row) for row in rows_here]
            allowed = self._allowed(number, known_at, window, listed, sweeps=sweeps, walked=walked)
            if found not in allowed:
                wrong.append(f"{self.history.kind.name} {number}: {known_at} brought {found}, expected one of {allowed}")
            if found:
                self.known[number] = found[-1]
        return wrong

    def _is_gone(self, number: int, at: datetime) -> bool:
        standing = self.history.standing(number, at)
        return standing is not None and standing.content is None

    def _is_listed(self, number: int, known_at: datetime, end: datetime) -> bool:
        """Whether the list of deleted records tells this night that a record is gone."""
        standing = self.history.standing(number, known_at)
        return self.history.kind.crm == "zoho" and self.history.kind.has_list and standing is not None and standing.at < end

    def _allowed(
        self, number: int, known_at: datetime, window: Window, listed: set[int], *, sweeps: bool, walked: bool
    ) -> list[list[tuple[Any, ...]]]:
        """The versions that a night may bring of one record: one way only, unless it changed while it was walked."""
        last = self.known.get(number)
        standing, later = self.history.standing(number, known_at), self.history.standing(number, known_at + DURING)
        now = self._brings(standing, last, window, is_told=number in listed, sweeps=sweeps)
        if not walked or standing is later:
            return [now]
        after = self._brings(later, now[-1] if now else last, window, is_told=False, sweeps=sweeps)
        instead = self._brings(later, last, window, is_told=False, sweeps=sweeps)
        return [now, [], [*now, *after], instead]

    def _brings(
        self, standing: Standing | None, last: tuple[Any, ...] | None, window: Window, *, is_told: bool, sweeps: bool
    ) -> list[tuple[Any, ...]]:
        """The versions that a record brings which stands so all night."""
        if standing is None:
            return []
        if standing.content is None:
            return [()] if last and (is_told or sweeps) else []
        version = expected(self.history, standing)
        is_shown = window.holds(standing.changed) or (sweeps and standing.changed < window.end)
        return [version] if is_shown and version != last else []


def play(seed: int, folder: Path) -> list[str]:
    """Everything that is wrong after a story of bad nights was read."""
    story = Story(seed)
    for history in story.histories:
        history.write(folder / "records")
    options = options_of(story)
    lake = Lake(str(folder / "lake"))
    wrong: list[str] = []
    for crm in ("zoho", "fxiaoke"):
        crm_of = reading(crm, story, folder / "records", options)
        for number in range(story.nights):
            wrong += night(crm_of, lake, number, seed)
        for history in story.histories:
            if history.kind.crm == crm:
                wrong += [*versions(lake, history, crm_of), *state(lake, history, story.night(story.nights - 1))]
        crm_of.here.close()
    return wrong


def night(crm_of: Reading, lake: Lake, number: int, seed: int) -> list[str]:
    """Pull two objects of one CRM, with trouble; what could not be pulled."""
    story, simulation = crm_of.story, crm_of.here.simulation
    known_at = story.night(number)
    histories = [history for history in story.histories if history.kind.crm == crm_of.crm]
    trouble = BadNight(seed=seed * 100 + number, rate=0.15, seconds=0, kinds=KINDS_OF_TROUBLE)
    later = known_at + (DURING if number == story.walked else timedelta(0))
    simulation.move_to(known_at)
    simulation.faults.clear()
    simulation.faults.bad_night(trouble)
    if number == story.walked:  # in the middle of a walk, what happens during it begins to show
        simulation.faults.add(Fault(kind="move", after=story.luck.randrange(1, 5), at=later.isoformat(), **walk_of(histories[0])))
    if number == story.nights - 1:  # somebody looks after it: all ids are compared, and what vanished is believed
        crm_of.connection.settings = replace(crm_of.connection.settings, sweep_every=timedelta(0))
        crm_of.connection.vanishing_limit = 1.0
    wrong = []
    for history in histories:
        (obj,) = [one for one in crm_of.connection.objects if one.name == history.kind.name]
        if (
            number < story.nights - 1 and story.luck.random() < 0.25
        ):  # a first try ends somewhere; the second finds the world as it went on
            records = "/crm/v8" if crm_of.crm == "zoho" else "/cgi/crm"
            simulation.faults.add(Fault(kind="quota", path=records, after=story.luck.randrange(12), times=3))
            pulled(crm_of, lake, obj, known_at)
            simulation.faults.clear()
            simulation.faults.bad_night(trouble)
            simulation.move_to(later)
            crm_of.broken.add((obj.name, number))
        elif story.luck.random() < 0.4:
            kind = story.luck.choice(("short_page", *DECEITS[crm_of.crm]))
            simulation.faults.add(Fault(kind=kind, after=story.luck.choice((0, 0, 1, 2, 3)), **walk_of(history)))
        wrong += pulled(crm_of, lake, obj, known_at)
        simulation.faults.clear()
        simulation.faults.bad_night(trouble)
    return wrong


def pulled(crm_of: Reading, lake: Lake, obj: CrmObject, known_at: datetime) -> list[str]:
    """Pull one object, once more if three tokens in a row were not taken; why it could not be pulled, if so."""
    try:
        try:
            extract(crm_of.connection, lake, obj, known_at=known_at, run_id="night")
        except TokenRefused:
            extract(crm_of.connection, lake, obj, known_at=known_at, run_id="night")
    except CrmFault as fault:
        return [f"{known_at}: {fault}"]
    return []


def walk_of(history: History) -> dict[str, str]:
    """The calls that walk an object."""
    if history.kind.crm == "zoho":
        return {"path": f"/{history.kind.api_name}?"}
    return {"path": "/data/query", "body": f'"{history.kind.api_name}"'}


def versions(lake: Lake, history: History, crm_of: Reading) -> list[str]:
    """Where the versions in the warehouse are not what the nights could see."""
    story, ledger = crm_of.story, Ledger(history)
    rows, wrong = rows_of(lake, history, VERSIONS), []
    pulls = {pull.pulled_at: pull for pull in lake.manifests(source=history.kind.crm, name=history.kind.name)}
    for number in range(story.nights):
        known_at = story.night(number)
        if known_at not in pulls:
            continue
        brought = [row for row in rows if row["pulled_at"] == naive(known_at)]
        is_due, pull = crm_of.sweeps(history, number), pulls[known_at]
        sweeps, is_believed = is_due and pull.swept_at == known_at, pull.disbelieved == 0
        window = Window(pull.window_start, pull.window_end)
        wrong += ledger.night(brought, known_at, window, sweeps=sweeps, walked=number == story.walked)
        if is_due and not sweeps and is_believed and (history.kind.name, number) not in crm_of.broken:
            wrong.append(f"{history.kind.name}: {known_at} did not compare all ids")
        if sweeps and number not in (story.walked, story.nights - 1) and ledger.is_too_much:
            wrong.append(f"{history.kind.name}: {known_at} believed that so many vanished")
        if sweeps:
            crm_of.swept[history.kind.name] = known_at
    return wrong


def state(lake: Lake, history: History, last: datetime) -> list[str]:
    """Where the warehouse's state after the last night is not the CRM's."""
    found = {row["key"]: told(history, row) for row in rows_of(lake, history, NEWEST) if not row["is_deleted"]}
    truth = {}
    for number in history.records:
        standing = history.standing(number, last)
        if standing is not None and standing.content is not None:
            truth[history.kind.key(number)] = expected(history, standing)
    return [] if found == truth else [f"{history.kind.name}: state {found} is not {truth}"]


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_version_and_the_state_are_what_the_crm_showed(tmp_path: Path, seed: int) -> None:
    assert play(seed, tmp_path) == []
