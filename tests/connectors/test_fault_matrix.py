"""Every kind of trouble, at every place of a pull, in both CRMs and both logins of Fxiaoke, with the outcome that is right there.

recovered   the pull ends well: the lake is the CRM, version for version
unswept     the same, but for what only a look at every id tells: the next night tells it
deferred    nothing of this pull counts; the next night brings all of it
refused     the same, and the fault says which object, what was asked, what came and what a person can do

What to add here: a kind of trouble, a place, the outcome. What belongs elsewhere: the story that is played (`play.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.faults import ContractBroken, Deferred, Fault, Refused, RetryLater
from connectors.landing import Manifest
from simulators.faults import Fault as Trouble
from simulators.faults import SchemaChange
from tests.connectors.play import CRMS, FIRST, NIGHT, PATIENT, Event, Play, moment
from tests.connectors.scripted_crm import every_byte

FXIAOKE = CRMS[1:]
ZERO, ONE, TWO, THREE = (FIRST + number * NIGHT for number in range(4))
PAGES = ("first page", "middle page", "last page", "proof")
PLACES: dict[str, dict[str, dict[str, Any]]] = {
    "zoho": {
        "login": {"path": "/oauth/v2/token"},
        "metadata": {"path": "/settings/fields"},
        **{place: {"path": "/Deals?", "after": after} for place, after in zip(PAGES[:3], (0, 1, 3), strict=True)},
        "proof": {"path": "/coql", "body": "Modified_Time <"},
        "deletions": {"path": "/Deals/deleted"},
        "sweep": {"path": "/coql", "body": "where id >"},
    },
    "fxiaoke": {
        "login": {"path": "oken"},
        "metadata": {"path": "/object/describe"},
        **{place: {"path": "/data/query", "after": after} for place, after in zip(PAGES, (0, 1, 3, 4), strict=True)},
        "sweep": {"path": "/data/query", "body": '"life_status"', "after": 1},
        "who is left": {"path": "/data/query", "body": '"IN"'},
    },
}
BULK: dict[str, dict[str, Any]] = {
    "bulk create": {"path": "/bulk/v8/read", "body": "query"},
    "bulk poll": {"path": "/bulk/v8/read/"},
    "bulk download": {"path": "/result"},
}
LISTINGS: dict[str, dict[str, Any]] = {  # where COQL may not be asked
    "second listing": {"path": "sort_by=id", "after": 1},
    "sweep by listing": {"path": "?fields=Modified_Time&per_page=200&sort_by=Modified_Time", "after": 1},
}
PASSING: dict[str, dict[str, Any]] = {
    "throttling": {"kind": "throttle"},
    "500": {"kind": "server_error", "status": 500, "code": -1},
    "503": {"kind": "server_error", "status": 503, "code": 50009},
    "system error": {"kind": "server_error", "status": 502, "code": -2},
    "html": {"kind": "html", "status": 502},
    "truncated": {"kind": "truncated", "share": 0.6},
    "broken off": {"kind": "truncated", "share": 0.6, "honest": False},
    "slow": {"kind": "slow", "seconds": 0.002},
    "trickle": {"kind": "trickle", "seconds": 0.002},
    "stuck": {"kind": "stuck", "seconds": 5},
    "reset": {"kind": "reset"},
    "token expired": {"kind": "token_expired"},
}
LASTING = ("throttling", "503", "html", "truncated", "reset")
REFUSALS: dict[str, dict[str, dict[str, Any]]] = {
    "zoho": {
        "no permission": {"status": 403, "message": "NO_PERMISSION"},
        "no scope": {"status": 401, "message": "OAUTH_SCOPE_MISMATCH"},
        "no module": {"status": 400, "message": "INVALID_MODULE"},
        "invalid data": {"status": 400, "message": "INVALID_DATA"},
        "elsewhere": {"status": 302, "message": "MOVED"},
    },
    "fxiaoke": {
        "no right": {"code": 20014},
        "no quota bought": {"code": 30003},
        "app stopped": {"code": 20021},
        "unknown path": {"code": 10006},
        "parameter": {"code": 32000},
        "unheard of": {"code": 77777},
    },
}
DECEIT: dict[str, dict[str, str]] = {  # by kind: the outcome in each CRM
    "short_page": {"zoho": "recovered", "fxiaoke": "recovered"},
    "skipped_row": {"zoho": "recovered", "fxiaoke": "recovered"},
    "border_row": {"zoho": "recovered", "fxiaoke": "refused"},
    "doubled_row": {"zoho": "recovered", "fxiaoke": "refused"},
    "unsorted": {"zoho": "refused", "fxiaoke": "refused"},
    "wrong_info": {"zoho": "recovered", "fxiaoke": "recovered"},
}
ONLY_ZOHO: dict[str, tuple[tuple[str, ...], str]] = {
    "page_token_expired": (("middle page", "last page"), "recovered"),
    "repeated_page_token": (("middle page",), "refused"),
    "endless_pages": (("first page",), "refused"),
}


@dataclass(frozen=True)
class Case:
    """Trouble somewhere in a pull, and what must come of it."""

    crm: str
    what: str
    place: str
    fault: dict[str, Any]
    outcome: str
    is_bulk: bool = False
    is_without_coql: bool = False

    def __str__(self) -> str:
        return f"{self.crm}: {self.what} at {self.place}"


def cases() -> Iterator[Case]:
    """The whole matrix."""
    for crm in CRMS:
        source = crm.split()[0]
        places = PLACES[source]
        for place, where in places.items():
            yield from _passing(crm, place, where)
            yield from _lasting(crm, place, where)
        for kind, outcomes in DECEIT.items():
            for place in PAGES[kind == "border_row" : 3]:
                yield Case(crm, kind, place, {"kind": kind, **places[place]}, outcomes[source])
        for place in PAGES[:2]:
            yield Case(crm, "unfiltered", place, {"kind": "unfiltered", **places[place]}, "refused")
    for kind, (at, outcome) in ONLY_ZOHO.items():
        for place in at:
            times = None if kind == "endless_pages" else 1
            yield Case("zoho", kind, place, {"kind": kind, "times": times, **PLACES["zoho"][place]}, outcome)
    yield from _bulk()
    yield from _without_coql()


def _passing(crm: str, place: str, where: dict[str, Any]) -> Iterator[Case]:
    """Trouble that passes: two calls meet it."""
    for what, fault in PASSING.items():
        if place != "login" or fault["kind"] not in ("throttle", "token_expired"):
            yield Case(crm, what, place, {**fault, **where, "times": 2}, "recovered")
    if place == "login":  # Zoho locks out whoever asks again within minutes
        outcome = "deferred" if crm == "zoho" else "recovered"
        yield Case(crm, "throttling", place, {"kind": "token_throttled", **where, "times": 2}, outcome)


def _lasting(crm: str, place: str, where: dict[str, Any]) -> Iterator[Case]:
    """Trouble that lasts for the whole night."""
    source = crm.split()[0]
    for what in LASTING:
        kind = "token_throttled" if (what, place) == ("throttling", "login") else PASSING[what]["kind"]
        is_budget = source == "zoho" and kind == "throttle"
        outcome = "unswept" if place == "sweep" and is_budget else "deferred"
        yield Case(crm, f"{what} all night", place, {**PASSING[what], **where, "kind": kind, "times": None}, outcome)
    outcome = "unswept" if place == "sweep" else "deferred"
    if place != "login":
        yield Case(crm, "quota", place, {"kind": "quota", **where, "times": None}, outcome)
        yield Case(crm, "token revoked", place, {"kind": "token_revoked", **where}, "refused")
    for what, refusal in REFUSALS[source].items():
        is_told_elsewhere = place == "metadata" or (source == "zoho" and place in ("proof", "sweep"))
        has_no_list = (what, place) == ("no module", "deletions")
        outcome = "recovered" if is_told_elsewhere or has_no_list else "refused"
        yield Case(crm, what, place, {"kind": "refuse", **refusal, **where, "times": None}, outcome)


def _bulk() -> Iterator[Case]:
    """Trouble in a first load by Bulk Read."""
    for place, where in BULK.items():
        for what, fault in PASSING.items():
            yield Case("zoho", what, place, {**fault, **where, "times": 2}, "recovered", is_bulk=True)
        for what in ("503", "html"):
            yield Case("zoho", f"{what} all night", place, {**PASSING[what], **where, "times": None}, "deferred", is_bulk=True)
        for what, refusal in REFUSALS["zoho"].items():
            yield Case("zoho", what, place, {"kind": "refuse", **refusal, **where, "times": None}, "recovered", is_bulk=True)
    for kind, place, outcome in (
        ("wrong_count", "bulk download", "recovered"),
        ("broken_zip", "bulk download", "recovered"),
        ("bulk_failure", "bulk create", "recovered"),
        ("bulk_stuck", "bulk create", "deferred"),
    ):
        yield Case("zoho", kind, place, {"kind": kind, "times": None, **BULK[place]}, outcome, is_bulk=True)


def _without_coql() -> Iterator[Case]:
    """Trouble in what stands in for COQL."""
    for place, where in LISTINGS.items():
        for what, fault in PASSING.items():
            yield Case("zoho", what, place, {**fault, **where, "times": 2}, "recovered", is_without_coql=True)
        for what in LASTING:
            is_put_off = place.startswith("sweep") and what == "throttling"
            fault = {**PASSING[what], **where, "times": None}
            yield Case("zoho", f"{what} all night", place, fault, "unswept" if is_put_off else "deferred", is_without_coql=True)


def check_told(result: Manifest | Fault, outcome: str, case: str) -> None:
    """A pull ended as it should, and a fault that ended it says everything at once."""
    kinds: dict[str, tuple[type, ...]] = {"deferred": (RetryLater, Deferred), "refused": (Refused, ContractBroken)}
    assert isinstance(result, kinds.get(outcome, (Manifest,))), f"{case}: {result}"
    if isinstance(result, Fault):
        assert all((result.about, result.asked, result.came, result.cure)), result
        assert str(result) == f"{result.about}: asked {result.asked}; came back {result.came}; {result.cure}"


def check_silent(play: Play, logged: str) -> None:
    """No secret and no person is in a log, an error or the lake."""
    told = (logged + "".join(play.said)).encode() + every_byte(play.folder / "lake")
    assert [secret for secret in play.secrets() if secret.encode() in told] == []


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each CRM in which the first night was good."""
    folders = {crm: tmp_path_factory.mktemp("begun") for crm in CRMS}
    for crm, folder in folders.items():
        play = Play(crm, folder)
        check_told(play.night(0), "recovered", crm)
        play.close()
    return folders


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_every_trouble_everywhere(tmp_path: Path, begun: dict[str, Path], logged: pytest.LogCaptureFixture, case: Case) -> None:
    play = Play(case.crm, tmp_path, begun=None if case.is_bulk else begun[case.crm])
    play.settings = {"bulk_from": 1} if case.is_bulk else {}
    met = 0 if case.is_bulk else 1
    seen = [ZERO, ONE][:met]
    before = play.kept()
    if case.place == "login":
        (tmp_path / "state" / f"{play.source}.token.json").unlink()
    if case.is_without_coql:
        no_scope = {"path": "/coql", "status": 401, "message": "OAUTH_SCOPE_MISMATCH", "times": None}
        play.simulation.faults.add(Trouble(kind="refuse", **no_scope))
    play.simulation.faults.add(Trouble(**case.fault))
    result = play.night(met)
    assert play.simulation.counts[f"{play.source} fault {case.fault['kind']}"] > 0
    check_told(result, case.outcome, str(case))
    if case.outcome in ("deferred", "refused"):
        assert play.kept() == before
    else:
        seen.append(FIRST + met * NIGHT)
        if case.outcome == "recovered" or play.is_zoho:
            assert play.held() == play.truth(seen)
        assert (result.swept_at == FIRST + met * NIGHT) == (case.outcome == "recovered")
    if case.outcome != "recovered":
        if case.outcome == "deferred" and case.place in ("bulk poll", "bulk download"):
            seen.append(FIRST + met * NIGHT)  # its job was made that night, and is gone on with
        play.simulation.faults.clear()
        play.here.cure()
        check_told(play.night(met + 1), "recovered", str(case))
        assert play.held() == play.truth([*seen, FIRST + (met + 1) * NIGHT])
    check_silent(play, logged.text)
    play.close()


@pytest.mark.parametrize(
    ("wait", "slept"), [("7", [7]), ("Sun, 01 Mar 2026 18:00:09 GMT", [9]), ("Sun, 01 Mar 2026 17:00:00 GMT", [0])]
)
def test_a_wait_that_zoho_asks_for_is_kept(tmp_path: Path, begun: dict[str, Path], wait: str, slept: list[float]) -> None:
    play = Play("zoho", tmp_path, begun=begun["zoho"])
    play.simulation.faults.add(Trouble(kind="throttle", path="/Deals?", retry_after=wait))
    check_told(play.night(1), "recovered", "Retry-After")
    assert (play.clock.slept, play.held()) == (slept, play.truth([ZERO, ONE]))
    play.close()


def test_a_wait_that_is_too_long_for_a_night_is_not_sat_out(tmp_path: Path, begun: dict[str, Path]) -> None:
    play = Play("zoho", tmp_path, begun=begun["zoho"])
    play.simulation.faults.add(Trouble(kind="server_error", path="/Deals?", retry_after="3600", times=None))
    before, result = play.kept(), play.night(1)
    assert isinstance(result, RetryLater)
    assert (result.after, play.kept(), play.clock.slept) == (timedelta(hours=1), before, [])
    play.close()


@pytest.mark.parametrize("place", PAGES[:3])
@pytest.mark.parametrize("crm", CRMS)
def test_limits_that_are_clamped_in_the_middle_of_a_walk(tmp_path: Path, begun: dict[str, Path], crm: str, place: str) -> None:
    play = Play(crm, tmp_path, begun=begun[crm])
    clamped = {"zoho": {"max_per_page": 1}, "fxiaoke": {"max_limit": 1}}
    play.simulation.faults.add(Trouble(kind="options", options=clamped, **PLACES[play.source][place]))
    check_told(play.night(1), "recovered", place)
    assert play.held() == play.truth([ZERO, ONE])
    play.close()


@pytest.mark.parametrize("crm", FXIAOKE)
def test_what_an_index_shows_late_comes_the_next_night(tmp_path: Path, crm: str) -> None:
    late = [Event(30, moment(1, -2), "30.10"), Event(1, moment(1, -1), "1.50")]
    play = Play(crm, tmp_path, options={"index_lag_ms": 180_000})
    play.events = sorted([*play.events, *late], key=lambda event: event.at)
    play.simulation.records.put("fxiaoke", play.api_name, map(play.record, late))
    lag = timedelta(minutes=3)
    for number in range(3):
        check_told(play.night(number), "recovered", crm)
    assert play.held() == play.truth([ZERO, ONE - lag, TWO])
    play.close()


CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    "appears": {"zoho": {"add": {"New__c": "x"}}, "fxiaoke": {"add": {"field_new__c": "x"}}},
    "vanishes": {"zoho": {"drop": ["Description"]}, "fxiaoke": {"drop": ["life_status"]}},
    "changes its type": {"zoho": {"as_text": ["Amount"]}, "fxiaoke": {"as_text": ["create_time"]}},
    "is renamed": {"zoho": {"rename": {"Description": "Text__c"}}, "fxiaoke": {"rename": {"life_status": "life__c"}}},
}


@pytest.mark.parametrize("place", ["metadata", *PAGES[:2]])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("crm", "unknown"), [("zoho", "omit"), ("zoho", "error"), ("fxiaoke legacy", "")])
def test_a_field_that_changes_in_the_middle_of_a_run(
    tmp_path: Path, begun: dict[str, Path], crm: str, change: str, place: str, unknown: str
) -> None:
    play = Play(crm, tmp_path, begun=begun[crm], options={"unknown_field": unknown} if crm == "zoho" else {})
    changed = SchemaChange(crm=play.source, name=play.api_name, **CHANGES[change][play.source])
    play.simulation.faults.add(Trouble(kind="schema", change=changed, **PLACES[play.source][place]))
    is_gone = change in ("vanishes", "is renamed") and place in PAGES
    first = play.night(1)
    check_told(first, "refused" if crm == "zoho" and unknown == "error" and is_gone else "recovered", change)
    second = play.night(2)
    check_told(second, "recovered", change)
    assert play.held() == play.truth([ZERO, ONE, TWO] if isinstance(first, Manifest) else [ZERO, TWO])
    told = [one for one in (first, second) if isinstance(one, Manifest)]
    assert [bool(one.fields_appeared or one.fields_vanished or one.fields_retyped) for one in told].count(True) == 1
    play.close()


@pytest.mark.parametrize("amount", ["77.70", None])
@pytest.mark.parametrize("place", [*PAGES, "sweep"])
@pytest.mark.parametrize("number", [5, 20])
@pytest.mark.parametrize("crm", CRMS)
def test_a_record_that_is_edited_or_deleted_while_we_read(
    tmp_path: Path, begun: dict[str, Path], crm: str, number: int, place: str, amount: str | None
) -> None:
    play = Play(crm, tmp_path, begun=begun[crm])
    event = Event(number, ONE + timedelta(seconds=5), amount)
    play.events = sorted([*play.events, event], key=lambda one: one.at)
    where = PLACES[play.source][place]
    record = {"crm_of": play.source, "name": play.api_name, "versions": [play.record(event)]}
    play.simulation.faults.add(
        Trouble(kind="put", **record, **where),
        Trouble(kind="move", at=(ONE + timedelta(seconds=10)).isoformat(), **{**where, "after": where.get("after", 0) + 1}),
    )
    check_told(play.night(1), "recovered", place)
    others = play.truth([ZERO, ONE])
    assert {key: version for key, version in play.held().items() if key != play.key(number)} == {
        key: version for key, version in others.items() if key != play.key(number)
    }
    play.simulation.faults.clear()
    check_told(play.night(2), "recovered", place)
    held = play.held()
    assert play.state() == {key: versions[-1] for key, versions in play.truth([TWO]).items()}
    assert all(later != earlier for versions in held.values() for earlier, later in zip(versions, versions[1:], strict=False))
    play.close()


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("every", [timedelta(0), 2 * NIGHT])
@pytest.mark.parametrize("crm", CRMS)
def test_rights_that_are_lost_and_come_back_cost_nothing(tmp_path: Path, crm: str, share: float, every: timedelta) -> None:
    """Whether the loss is seen at once, or only by a sweep two nights on."""
    play = Play(crm, tmp_path, settings={"sweep_every": every})
    check_told(play.night(0), "recovered", crm)
    lost = {"zoho": {"visible_share": share}, "fxiaoke": {"not_admin_share": share}}
    play.simulation.options = play.simulation.options.changed(lost)
    check_told(play.night(1), "recovered", crm)
    believed = play.held()
    gone = {play.key(number) for number in (11, 12)} if play.is_zoho else set()
    assert {key for key, versions in believed.items() if not versions[-1]} == gone
    second = play.night(2)
    check_told(second, "recovered", crm)
    assert isinstance(second, Manifest)
    assert second.disbelieved > 3
    kept = {"zoho": {"visible_share": None}, "fxiaoke": {"not_admin_share": None}}
    play.simulation.options = play.simulation.options.changed(kept)
    for number in (3, 4):
        check_told(play.night(number), "recovered", crm)
    assert play.state() == {key: versions[-1] for key, versions in play.truth([TWO]).items()}
    play.close()


@pytest.mark.parametrize("ahead", [timedelta(minutes=minutes) for minutes in (-60, -30, 30, 60)])
@pytest.mark.parametrize("crm", CRMS)
def test_a_clock_that_is_wrong_by_an_hour_costs_nothing(tmp_path: Path, crm: str, ahead: timedelta) -> None:
    events = [Event(number, moment(1, minutes), f"{number}.60") for number, minutes in ((3, -20), (4, 10), (31, 20))]
    play = Play(crm, tmp_path, settings={"manners": PATIENT})
    play.events = sorted([*play.events, *events], key=lambda event: event.at)
    play.simulation.records.put(play.source, play.api_name, map(play.record, events))
    for number in range(4):
        check_told(play.night(number, later=ahead), "recovered", crm)
    assert play.state() == {key: versions[-1] for key, versions in play.truth([THREE]).items()}
    play.close()


@pytest.mark.parametrize("crm", CRMS)
def test_rights_that_are_lost_and_back_before_anyone_looks_cost_nothing(tmp_path: Path, crm: str) -> None:
    play = Play(crm, tmp_path, settings={"sweep_every": 2 * NIGHT})
    for number, share in enumerate((None, 0.5, None)):
        lost = {"zoho": {"visible_share": share}, "fxiaoke": {"not_admin_share": share}}
        play.simulation.options = play.simulation.options.changed(lost)
        check_told(play.night(number), "recovered", crm)
    assert play.state() == {key: versions[-1] for key, versions in play.truth([TWO]).items()}
    play.close()
