"""Whole nights against the simulators: what the lake holds afterwards is what the CRM held.

What to add here: a thing that happens in a CRM, or to the line, while we read.
What belongs elsewhere: single answers (`test_zoho.py`, `test_fxiaoke.py`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import fxiaoke, zoho
from connectors.client import Connection, Manners
from connectors.faults import Deferred, Refused, RetryLater
from connectors.lake import Extraction, Lake, extract, extract_all
from simulators.server import CREDENTIALS, RunningSimulators, serve
from tests.connectors.scripted_crm import every_byte
from tests.waiting import NoWaiting

DAY_ONE = datetime(2026, 3, 1, 18, tzinfo=UTC)
NIGHT = timedelta(days=1)
QUIET = Manners(attempts=10, logins=None)
DEALS = next(obj for obj in zoho.OBJECTS if obj.name == "opportunities")
LINES = next(obj for obj in zoho.OBJECTS if obj.name == "order_lines")
ORDERS = next(obj for obj in fxiaoke.OBJECTS if obj.name == "orders")


def deal(number: int, at: datetime, amount: str = "1.5", **more: Any) -> dict[str, Any]:
    stamp = at.isoformat()
    return {
        "id": str(4_100_000_000_000_000_000 + number),
        "Deal_Name": f"deal {number}",
        "Amount": float(amount),
        "Modified_Time": stamp,
        "Created_Time": stamp,
        "Owner": {"id": "7", "name": "王", "email": "wang@example.cn"},
        "$at": stamp,
        **more,
    }


def order(number: int, at: datetime, amount: str = "1.50", **more: Any) -> dict[str, Any]:
    moment = int(at.timestamp() * 1000)
    return {
        "_id": f"{number:024x}",
        "name": f"SO-{number}",
        "order_amount": amount,
        "owner": ["FSUID_7"],
        "life_status": "normal",
        "last_modified_time": moment,
        "create_time": moment,
        "$at": at.isoformat(),
        **more,
    }


def write(folder: Path, crm: str, name: str, records: list[dict[str, Any]]) -> None:
    (folder / crm).mkdir(parents=True, exist_ok=True)
    (folder / crm / f"{name}.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, records)) + b"\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    start = DAY_ONE - timedelta(hours=12)
    write(folder, "zoho", "Deals", [deal(n, start + timedelta(seconds=n // 300)) for n in range(1000)])
    write(
        folder,
        "zoho",
        "Ordered_Items",
        [{**deal(n, start), "Parent_Id": {"id": "1", "name": "o"}, "Quantity": n, "Net_Total": 10} for n in range(5)],
    )
    write(folder, "zoho", "Users", [{"id": "7", "full_name": "王", "email": "wang@example.cn", "status": "active"}])
    write(folder, "fxiaoke", "SalesOrderObj", [order(n, start + timedelta(seconds=n // 300)) for n in range(450)])
    return folder


@pytest.fixture(scope="module")
def started(folder: Path) -> Iterator[RunningSimulators]:
    with serve(folder, at=DAY_ONE) as simulators:
        yield simulators


@pytest.fixture
def crms(started: RunningSimulators) -> RunningSimulators:
    """Simulators that a test only reads from."""
    started.reset()
    started.options(limits="off", zoho={"ties": "id"}, fxiaoke={"max_limit": 100, "not_admin_share": None})
    started.move_to(DAY_ONE)
    return started


@pytest.fixture
def own(folder: Path) -> Iterator[RunningSimulators]:
    """Simulators whose records a test may change."""
    with serve(folder, at=DAY_ONE, options={"limits": "off"}) as simulators:
        yield simulators


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def to_zoho(crms: RunningSimulators, **settings: Any) -> zoho.ZohoConnection:
    secrets = {name: CREDENTIALS["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    defaults = {"accounts_url": crms.zoho_url, "api_url": crms.zoho_url, "manners": QUIET, "settle": timedelta(0)}
    return zoho.ZohoConnection(zoho.ZohoSettings(**secrets, **{**defaults, **settings}), **NoWaiting().passed)


def to_fxiaoke(crms: RunningSimulators, **settings: Any) -> fxiaoke.FxiaokeConnection:
    secrets = {
        name: CREDENTIALS["fxiaoke"][name] for name in ("app_id", "app_secret", "permanent_code", "open_user_id", "user_id")
    }
    defaults = {"base_url": crms.fxiaoke_url, "manners": QUIET, "settle": timedelta(0)}
    return fxiaoke.FxiaokeConnection(fxiaoke.FxiaokeSettings(**secrets, **{**defaults, **settings}), **NoWaiting().passed)


def night(source: Connection, lake: Lake, number: int, *names: str) -> Extraction:
    objects = [obj for obj in source.objects if not names or obj.name in names]
    return extract_all(source, lake, objects, known_at=DAY_ONE + number * NIGHT, run_id=f"run{number}")


def state(lake: Lake, source: str, name: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    """What readers see: the newest version of each key that is not deleted."""
    newest: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {}
    for file in lake.raw_files(source, name):
        for row in file.read().to_pylist():
            order_of = (row["pulled_at"], str(row["modified_at"] or ""), row["record_hash"])
            if row["key"] not in newest or order_of > newest[row["key"]][0]:
                newest[row["key"]] = (order_of, row)
    return {key: tuple(row[column] for column in columns) for key, (_, row) in newest.items() if not row["is_deleted"]}


def versions(lake: Lake, source: str, name: str) -> int:
    return sum(file.metadata.num_rows for file in lake.raw_files(source, name))


@pytest.mark.parametrize("ties", ["id", "reverse"])
def test_a_first_load_brings_every_deal_once(crms: RunningSimulators, lake: Lake, ties: str) -> None:
    crms.options(zoho={"ties": ties})
    done = night(to_zoho(crms), lake, 0, "opportunities")
    assert ([manifest.records for manifest in done.manifests], done.faults) == ([1000], ())
    assert len(state(lake, "zoho", "opportunities", "amount")) == versions(lake, "zoho", "opportunities") == 1000


@pytest.mark.parametrize("style", list(fxiaoke.Style))
@pytest.mark.parametrize("clamp", [100, 30])
def test_a_first_load_brings_every_order_once(crms: RunningSimulators, lake: Lake, style: fxiaoke.Style, clamp: int) -> None:
    crms.options(fxiaoke={"max_limit": clamp})
    done = night(to_fxiaoke(crms, style=style), lake, 0, "orders")
    assert ([manifest.records for manifest in done.manifests], done.faults) == ([450], ())
    assert len(state(lake, "fxiaoke", "orders", "order_amount")) == versions(lake, "fxiaoke", "orders") == 450


def test_the_second_night_pulls_only_what_changed(crms: RunningSimulators, lake: Lake) -> None:
    sources = (to_zoho(crms), to_fxiaoke(crms))
    for source in sources:
        night(source, lake, 0)
    before = crms.counts()["zoho rows"] + crms.counts()["fxiaoke rows"]
    crms.move_to(DAY_ONE + NIGHT)
    done = [manifest for source in sources for manifest in night(source, lake, 1).manifests]
    assert {manifest.versions for manifest in done} == {0}
    assert crms.counts()["zoho rows"] + crms.counts()["fxiaoke rows"] - before < 20


TROUBLE: list[dict[str, Any]] = [
    {"kind": "throttle", "times": 2},
    {"kind": "server_error"},
    {"kind": "html"},
    {"kind": "truncated", "honest": True},
    {"kind": "truncated", "honest": False},
    {"kind": "reset"},
    {"kind": "token_expired"},
    {"kind": "slow", "seconds": 0.2},
    {"kind": "trickle", "seconds": 0.2},
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda one: f"{one['kind']} {one.get('honest', '')}".strip())
def test_trouble_in_the_middle_of_a_walk_loses_and_doubles_nothing(
    crms: RunningSimulators, lake: Lake, trouble: dict[str, Any]
) -> None:
    for path in ("/Deals", "/data/query"):
        crms.fault(**trouble, path=path, after=2)
    done = [night(to_zoho(crms), lake, 0, "opportunities"), night(to_fxiaoke(crms), lake, 0, "orders")]
    assert [one.faults for one in done] == [(), ()]
    assert (versions(lake, "zoho", "opportunities"), versions(lake, "fxiaoke", "orders")) == (1000, 450)


@pytest.mark.parametrize("kind", ["page_token_expired", "short_page"])
def test_zoho_s_own_trouble_loses_nothing(crms: RunningSimulators, lake: Lake, kind: str) -> None:
    crms.fault(kind=kind, path="/Deals?", after=2)
    assert night(to_zoho(crms), lake, 0, "opportunities").faults == ()
    assert versions(lake, "zoho", "opportunities") == 1000


def test_a_short_page_of_fxiaoke_loses_nothing(crms: RunningSimulators, lake: Lake) -> None:
    crms.fault(kind="short_page", path="/data/query", after=1)
    assert night(to_fxiaoke(crms), lake, 0, "orders").faults == ()
    assert versions(lake, "fxiaoke", "orders") == 450


@pytest.mark.parametrize("kind", ["repeated_page_token", "endless_pages"])
def test_a_walk_without_end_is_ended_and_leaves_nothing(crms: RunningSimulators, lake: Lake, kind: str) -> None:
    crms.fault(kind=kind, path="/Deals?", times=None)
    done = night(to_zoho(crms), lake, 0, "opportunities")
    assert (len(done.faults), lake.manifests(), versions(lake, "zoho", "opportunities")) == (1, [], 0)


def test_a_record_edited_while_we_walk_pushes_nobody_past_us(own: RunningSimulators, lake: Lake) -> None:
    later = DAY_ONE + timedelta(seconds=30)
    own.fault(
        kind="put", path="/Deals?", after=2, crm_of="zoho", name="Deals", versions=[deal(3, later, "9"), deal(4, later, "9")]
    )
    own.fault(kind="move", path="/Deals?", after=3, at=(DAY_ONE + timedelta(minutes=1)).isoformat())
    assert night(to_zoho(own), lake, 0, "opportunities").faults == ()
    own.move_to(DAY_ONE + NIGHT)
    night(to_zoho(own), lake, 1, "opportunities")
    found = state(lake, "zoho", "opportunities", "amount")
    assert len(found) == 1000
    assert {key[-4:] for key, (amount,) in found.items() if amount == 9} == {"0003", "0004"}


def test_deleted_and_restored_deals(own: RunningSimulators, lake: Lake) -> None:
    source = to_zoho(own)
    night(source, lake, 0, "opportunities")
    deleted, restored = DAY_ONE + timedelta(days=40), DAY_ONE + timedelta(days=41, hours=1)
    own.put("zoho", "Deals", *({**deal(n, deleted), "$deleted": "recycle"} for n in (10, 11)), deal(11, restored, "2.5"))
    own.move_to(DAY_ONE + timedelta(days=41))
    first = extract(source, lake, DEALS, known_at=DAY_ONE + timedelta(days=41), run_id="r")
    assert (first.deleted, len(state(lake, "zoho", "opportunities"))) == (2, 998)
    own.move_to(DAY_ONE + timedelta(days=42))
    second = extract(source, lake, DEALS, known_at=DAY_ONE + timedelta(days=42), run_id="r")
    assert (second.deleted, len(state(lake, "zoho", "opportunities"))) == (0, 999)


def test_more_deletions_than_zoho_lists_are_found_by_comparing_all_ids(own: RunningSimulators, lake: Lake) -> None:
    source = to_zoho(own)
    night(source, lake, 0, "opportunities")
    own.options(zoho={"deleted_records": 200})
    own.put("zoho", "Deals", *({**deal(n, DAY_ONE + timedelta(hours=5)), "$deleted": "recycle"} for n in range(300)))
    own.move_to(DAY_ONE + NIGHT)
    done = night(source, lake, 1, "opportunities")
    assert ([(one.deleted, one.swept_at) for one in done.manifests], done.faults) == ([(300, DAY_ONE + NIGHT)], ())
    assert len(state(lake, "zoho", "opportunities")) == 700


def test_a_line_taken_out_of_an_order_is_gone_the_next_night(own: RunningSimulators, lake: Lake) -> None:
    source = to_zoho(own)
    night(source, lake, 0, "order_lines")
    own.put(
        "zoho",
        "Ordered_Items",
        {**deal(2, DAY_ONE + timedelta(hours=1)), "Parent_Id": {"id": "1", "name": "o"}, "$deleted": "permanent"},
    )
    own.move_to(DAY_ONE + NIGHT)
    assert [manifest.deleted for manifest in night(source, lake, 1, "order_lines").manifests] == [1]
    assert sorted(quantity for (quantity,) in state(lake, "zoho", "order_lines", "quantity").values()) == [0, 1, 3, 4]


def test_an_order_deleted_for_good_is_found_by_the_sweep(own: RunningSimulators, lake: Lake) -> None:
    source = to_fxiaoke(own, sweep_every=2 * NIGHT)
    night(source, lake, 0, "orders")
    own.put(
        "fxiaoke",
        "SalesOrderObj",
        {**order(5, DAY_ONE + timedelta(days=50)), "$deleted": "permanent"},
        {**order(6, DAY_ONE + timedelta(days=50)), "$deleted": "invalid", "life_status": "invalid"},
    )
    own.move_to(DAY_ONE + timedelta(days=51))
    done = extract(source, lake, ORDERS, known_at=DAY_ONE + timedelta(days=51), run_id="r")
    assert (done.deleted, done.versions) == (1, 1)
    found = state(lake, "fxiaoke", "orders", "life_status")
    assert (len(found), found[f"{6:024x}"], f"{5:024x}" in found) == (449, ("invalid",), False)


@pytest.mark.parametrize("crm", ["zoho", "fxiaoke"])
def test_children_of_a_merged_account_are_read_again_although_nothing_says_that_they_changed(
    own: RunningSimulators, lake: Lake, crm: str
) -> None:
    start, merged = DAY_ONE - timedelta(hours=12), DAY_ONE + timedelta(hours=2)
    one, other = "4100000000000000501", "4100000000000000502"
    if crm == "zoho":
        mine, theirs = ({"Account_Name": {"id": which, "name": "某公司"}} for which in (one, other))
        own.put("zoho", "Deals", *(deal(n, start + timedelta(seconds=n // 300), **mine) for n in range(3)))
        change = [deal(n, start + timedelta(seconds=n // 300), **theirs) | {"$at": merged.isoformat()} for n in range(2)]
        source: Connection = to_zoho(own, sweep_every=NIGHT)
        name, module = "opportunities", "Deals"
    else:
        own.put("fxiaoke", "SalesOrderObj", *(order(n, start + timedelta(seconds=n // 300), account_id=one) for n in range(3)))
        change = [order(n, start + timedelta(seconds=n // 300), account_id=other) | {"$at": merged.isoformat()} for n in range(2)]
        source, name, module = to_fxiaoke(own, sweep_every=NIGHT), "orders", "SalesOrderObj"
    night(source, lake, 0, name)
    own.put(crm, module, *change)
    own.move_to(DAY_ONE + NIGHT)
    (done,) = night(source, lake, 1, name).manifests
    found = [accounts for (accounts,) in state(lake, crm, name, "account_id").values() if accounts]
    assert (done.versions, done.compared and done.compared.stale, sorted(found)) == (2, 2, [one, other, other])


def test_lost_admin_rights_bury_nothing(crms: RunningSimulators, lake: Lake) -> None:
    source = to_fxiaoke(crms, sweep_every=NIGHT)
    night(source, lake, 0, "orders")
    crms.move_to(DAY_ONE + NIGHT)
    crms.options(fxiaoke={"not_admin_share": 0.5})
    done = night(source, lake, 1, "orders").manifests[0]
    assert (done.deleted, done.disbelieved > 150, len(state(lake, "fxiaoke", "orders"))) == (0, True, 450)


def test_limits_are_kept_and_none_is_ever_tripped(crms: RunningSimulators, lake: Lake) -> None:
    crms.options(limits="documented", fxiaoke={"calls_per_window": 10, "window_seconds": 0.5})
    settings = to_fxiaoke(crms, manners=Manners(calls=10, seconds=0.5, attempts=1)).settings
    assert night(fxiaoke.connect(settings), lake, 0).faults == ()


def test_credits_used_up_defer_and_quota_used_up_defers(crms: RunningSimulators, lake: Lake) -> None:
    crms.fault(kind="quota", crm="zoho", path="/Deals", times=None)
    crms.fault(kind="quota", crm="fxiaoke", path="/data/query", times=None)
    faults = [*night(to_zoho(crms), lake, 0, "opportunities").faults, *night(to_fxiaoke(crms), lake, 0, "orders").faults]
    assert [type(fault) for fault in faults] == [Deferred, Deferred]


def test_revoked_secrets_are_refused_at_once(crms: RunningSimulators, lake: Lake) -> None:
    crms.fault(kind="token_revoked", path="/Deals")
    faults = night(to_zoho(crms), lake, 0, "opportunities", "accounts", "orders").faults
    assert {type(fault) for fault in faults} <= {Refused, RetryLater}
    assert len(faults) >= 1


def test_a_field_that_appears_vanishes_or_changes_its_type_is_reported(crms: RunningSimulators, lake: Lake) -> None:
    source = to_fxiaoke(crms)
    crms.fault(
        kind="schema",
        path="/data/query",
        change={
            "crm": "fxiaoke",
            "name": "SalesOrderObj",
            "drop": ["name"],
            "add": {"field_new__c": "x"},
            "as_text": ["create_time"],
        },
    )
    (done,) = night(source, lake, 0, "orders").manifests
    assert "field_new__c" in done.unknown_fields
    assert {name for (name,) in state(lake, "fxiaoke", "orders", "order_no").values()} == {None}


@pytest.mark.parametrize("crm", ["zoho", "fxiaoke"])
def test_metadata_lands_and_the_next_pull_says_what_changed_in_it(own: RunningSimulators, lake: Lake, crm: str) -> None:
    to, name, obj = {
        "zoho": (to_zoho, "Deals", "opportunities"),
        "fxiaoke": (to_fxiaoke, "SalesOrderObj", "orders"),
    }[crm]
    source = to(own)
    (first,) = night(source, lake, 0, obj).manifests
    assert (first.fields_appeared, first.fields_vanished, first.fields_retyped) == ([], [], {})
    about = {one.object: one.records for one in night(source, lake, 0, "fields", "currencies", "objects").manifests}
    assert set(about) == {"fields", "currencies" if crm == "zoho" else "objects"}
    assert all(about.values())
    kept = state(lake, crm, "fields", "module" if crm == "zoho" else "object", "api_name", "data_type")
    assert {f"{name}.{field}": (name, field, kind) for field, kind in first.field_types.items()}.items() <= kept.items()
    gone = "Deal_Name" if crm == "zoho" else "name"
    own.fault(
        kind="schema",
        path="/settings/fields" if crm == "zoho" else "/describe",
        change={"crm": crm, "name": name, "drop": [gone], "add": {"Neu__c": "x"}},
    )
    own.move_to(DAY_ONE + NIGHT)
    night(source, lake, 1, obj)
    own.move_to(DAY_ONE + 2 * NIGHT)
    night(source, lake, 2, obj)
    pulls = [one for one in lake.manifests(source=crm, name=obj)][1:]
    assert [one.fields_vanished for one in pulls if one.fields_vanished] == [[gone]]
    assert [one.fields_appeared for one in pulls if one.fields_appeared] == [["Neu__c"]]


def test_no_mail_of_staff_reaches_the_lake(crms: RunningSimulators, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    for source in (to_zoho(crms), to_fxiaoke(crms)):
        night(source, lake, 0)
    kept = every_byte(tmp_path)
    assert [
        secret
        for secret in ("wang@example.cn", *CREDENTIALS["zoho"].values(), *CREDENTIALS["fxiaoke"].values())
        if secret.encode() in kept and len(secret) > 4
    ] == []


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_of_bad_nights_the_lake_is_what_the_crm_is(tmp_path: Path, seed: int) -> None:
    luck = random.Random(seed)
    folder = tmp_path / "records"
    start = DAY_ONE - timedelta(hours=20)
    zoho_records, fxiaoke_records = ([make(n, start) for n in range(210)] for make in (deal, order))
    alive: dict[str, dict[int, str | None]] = {
        "zoho": dict.fromkeys(range(210), "1.50"),
        "fxiaoke": dict.fromkeys(range(210), "1.50"),
    }
    moment = DAY_ONE
    while (moment := moment + timedelta(seconds=luck.randrange(40, 4000))) < DAY_ONE + 6 * NIGHT - timedelta(minutes=30):
        for crm, make, records in (("zoho", deal, zoho_records), ("fxiaoke", order, fxiaoke_records)):
            number, amount = luck.randrange(260), f"{luck.randrange(10_000)}.{luck.randrange(100):02d}"
            if luck.random() < 0.15 and alive[crm].get(number) is not None:
                records.append({**make(number, moment), "$deleted": "recycle" if crm == "zoho" else "permanent"})
                alive[crm][number] = None
            elif crm == "zoho" or number not in alive[crm] or alive[crm][number] is not None:
                records.append(make(number, moment, amount))
                alive[crm][number] = amount
    write(folder, "zoho", "Deals", zoho_records)
    write(folder, "fxiaoke", "SalesOrderObj", fxiaoke_records)
    lake = Lake(str(tmp_path / "lake"))
    with serve(folder, at=DAY_ONE) as crms:
        crms.options(limits="off")
        crms.bad_night(seed=seed, rate=0.2)
        sources = (to_zoho(crms), to_fxiaoke(crms, sweep_every=timedelta(0)))
        for number in range(7):
            crms.move_to(DAY_ONE + number * NIGHT)
            for source in sources:
                assert night(source, lake, number, "opportunities", "orders").faults == ()
        for crm, name, column in (("zoho", "opportunities", "amount"), ("fxiaoke", "orders", "order_amount")):
            found = {key: f"{amount:.2f}" for key, (amount,) in state(lake, crm, name, column).items()}
            make = deal if crm == "zoho" else order
            key = "id" if crm == "zoho" else "_id"
            assert found == {make(number, DAY_ONE)[key]: amount for number, amount in alive[crm].items() if amount is not None}


def test_a_large_first_load_comes_by_bulk_read(crms: RunningSimulators, lake: Lake) -> None:
    done = night(to_zoho(crms, bulk_from=500), lake, 0, "opportunities")
    assert ([manifest.versions for manifest in done.manifests], done.faults) == ([1000], ())
    counts = crms.counts()
    assert (counts["zoho POST /crm/bulk/v8/read"], counts.get("zoho GET /crm/v8/Deals", 0)) == (1, 0)
    by_pages = Lake(f"{lake.root}-by-pages")
    night(to_zoho(crms), by_pages, 0, "opportunities")
    columns = [field.name for field in DEALS.fields]
    assert state(lake, "zoho", "opportunities", *columns) == state(by_pages, "zoho", "opportunities", *columns)


@pytest.mark.parametrize("trouble", ["wrong_count", "bulk_failure"])
def test_a_bulk_read_that_is_not_whole_is_not_believed(crms: RunningSimulators, lake: Lake, trouble: str) -> None:
    crms.fault(kind=trouble, path="/bulk/", times=None)
    done = night(to_zoho(crms, bulk_from=500), lake, 0, "opportunities")
    assert ([manifest.versions for manifest in done.manifests], done.faults) == ([1000], ())
    assert crms.counts()["zoho GET /crm/v8/Deals"] == 5


def test_trouble_during_a_bulk_read_is_waited_out(crms: RunningSimulators, lake: Lake) -> None:
    for kind in ("server_error", "truncated", "reset", "token_expired"):
        crms.fault(kind=kind, path="/bulk/", after=1, honest=False)
    assert [manifest.versions for manifest in night(to_zoho(crms, bulk_from=500), lake, 0, "opportunities").manifests] == [1000]
