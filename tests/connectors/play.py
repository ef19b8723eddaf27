"""A small story in two CRMs, played to real connectors without a network: what was shown when, and what the lake then holds.

What to add here: what more than one test of trouble needs.
What belongs elsewhere: the trouble and what is expected of it (the tests); random stories (`tests/conformance`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from connectors import fxiaoke, zoho
from connectors.catalogue import CrmObject
from connectors.client import Connection, Manners
from connectors.faults import Fault
from connectors.lake import Lake, Manifest, extract
from simulators.server import CREDENTIALS
from tests.conformance.crms_here import HOST, CrmHere
from tests.connectors.scripted_crm import Time

FIRST = datetime(2026, 3, 1, 18, tzinfo=UTC)
NIGHT = timedelta(days=1)
MAIL, PHONE = "wang.fang@company.example", "13912345678"
CRMS = ("zoho", "fxiaoke legacy", "fxiaoke current")
Version = tuple[Any, ...]  # when it changed, and what it says; empty: a tombstone
PATIENT = Manners(attempts=4, logins=None, concurrency=1, connect_timeout=0.03, read_timeout=0.03)


@dataclass(frozen=True)
class Event:
    """A record as it stands from a moment on; without an amount it is gone."""

    number: int
    at: datetime
    amount: str | None


def moment(night: int, minutes: int) -> datetime:
    """So many minutes after a night."""
    return FIRST + night * NIGHT + timedelta(minutes=minutes)


def story() -> list[Event]:
    """Fourteen records; then edits enough for several pages, two deletions, new ones; then a little more each day."""
    events = [Event(number, moment(-1, 60 + number // 2), f"{number}.10") for number in range(14)]
    events += [Event(number, moment(0, 90 + number // 2), f"{number}.20") for number in range(2, 11)]
    events += [Event(11, moment(0, 200), None), Event(12, moment(0, 210), None)]
    events += [Event(number, moment(0, 300 + number), f"{number}.30") for number in (20, 21)]
    events += [Event(3, moment(1, 100), "3.40"), Event(13, moment(1, 110), None), Event(22, moment(1, 120), "22.40")]
    return sorted(events, key=lambda event: event.at)


def naive(at: datetime) -> datetime:
    """As raw tables keep a moment."""
    return at.astimezone(UTC).replace(tzinfo=None)


@dataclass
class Play:
    """One CRM with a story in it, a lake, and a connection for each night."""

    crm: str
    folder: Path
    events: list[Event] = field(default_factory=story)
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)  # faults that were raised, in words
    clock: Time = field(default_factory=Time)
    begun: Path | None = None  # a folder in which this story was begun: we go on from there, with its records

    def __post_init__(self) -> None:
        self.is_zoho = self.crm == "zoho"
        self.source = self.crm.split()[0]
        self.api_name, self.name = ("Deals", "opportunities") if self.is_zoho else ("SalesOrderObj", "orders")
        if self.begun is None:
            self._write()
        else:
            for part in ("lake", "state"):
                if not (self.folder / part).exists() and (self.begun / part).exists():
                    shutil.copytree(self.begun / part, self.folder / part)
        records = (self.begun or self.folder) / "records"
        small = {"zoho": {"max_per_page": 3, "per_page_policy": "clamp"}, "fxiaoke": {"max_limit": 3}}
        options = {"limits": "off", **{crm: {**small[crm], **self.options} for crm in small if crm == self.source}}
        self.here = CrmHere(self.source, records, FIRST, options)
        self.simulation = self.here.simulation
        self.lake = Lake(str(self.folder / "lake"))

    def _write(self) -> None:
        people = {
            "zoho/Users": [{"id": "7", "full_name": "王芳", "email": MAIL, "phone": PHONE, "status": "active"}],
            "fxiaoke/_staff": [
                {"openUserId": "FSUID_7", "userId": "1007", "name": "王芳", "mobile": PHONE, "email": MAIL, "mainDepartmentId": 1}
            ],
            "fxiaoke/_departments": [{"id": 1, "name": "一部", "parentId": 0}],
        }
        for place, rows in {**people, f"{self.source}/{self.api_name}": map(self.record, self.events)}.items():
            path = self.folder / "records" / f"{place}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))

    def key(self, number: int) -> str:
        """The id of a record."""
        return str(4_100_000_000_000_000_000 + number) if self.is_zoho else f"{number:024x}"

    def record(self, event: Event) -> dict[str, Any]:
        """An event as the folder tells it."""
        told: dict[str, Any] = {"id" if self.is_zoho else "_id": self.key(event.number), "$at": event.at.isoformat()}
        if event.amount is None:
            told["$deleted"] = "recycle" if self.is_zoho else "permanent"
        if self.is_zoho:
            stamp = event.at.isoformat()
            owner = {"id": "7", "name": "王芳", "email": MAIL}
            return told | {
                "Deal_Name": f"商机 {event.number}",
                "Amount": float(event.amount or 0),
                "Owner": owner,
                "Description": "x" * 40,
                "Modified_Time": stamp,
                "Created_Time": moment(-1, 0).isoformat(),
            }
        return told | {
            "name": f"SO-{event.number}",
            "order_amount": event.amount or "0",
            "owner": ["FSUID_7"],
            "life_status": "normal",
            "last_modified_time": int(event.at.timestamp() * 1000),
            "create_time": int(moment(-1, 0).timestamp() * 1000),
        }

    def connection(self, **settings: Any) -> Connection:
        """A connection as a night opens it: nothing is remembered of the night before but what lies in the state folder."""
        known = CREDENTIALS[self.source]
        how: dict[str, Any] = {
            "manners": PATIENT,
            "settle": timedelta(0),
            "sweep_every": timedelta(0),
            "state_folder": self.folder / "state",
            **self.settings,
            **settings,
        }
        clocks: dict[str, Any] = {"session": self.here.session, **self.clock.injected}
        if self.is_zoho:
            secrets = {name: known[name] for name in ("client_id", "client_secret", "refresh_token")}
            return zoho.ZohoConnection(zoho.ZohoSettings(**secrets, accounts_url=HOST, api_url=HOST, **how), **clocks)
        secrets = {name: known[name] for name in ("app_id", "app_secret", "permanent_code", "open_user_id", "user_id", "ea")}
        style = fxiaoke.Style(self.crm.split()[1])
        return fxiaoke.FxiaokeConnection(fxiaoke.FxiaokeSettings(**secrets, base_url=HOST, style=style, **how), **clocks)

    def obj(self, connection: Connection) -> CrmObject:
        """The object that the story is about."""
        return next(obj for obj in connection.objects if obj.name == self.name)

    def night(self, number: int, *, later: timedelta = timedelta(0), **settings: Any) -> Manifest | Fault:
        """Pull the object as it stands then; what came of it. `later`: how far our clock is ahead of the CRM's."""
        known_at = FIRST + number * NIGHT
        self.simulation.move_to(known_at)
        connection = self.connection(**settings)
        try:
            return extract(connection, self.lake, self.obj(connection), known_at=known_at + later, run_id=f"night {number}")
        except Fault as fault:
            self.said.append(f"{fault} {fault!r} {fault.__cause__!r} {fault.__context__!r}")
            return fault

    def standing(self, event_number: int, at: datetime) -> Version | None:
        """What the CRM shows of a record at a moment; None when it never was."""
        past = [event for event in self.events if event.number == event_number and event.at < at]
        if not past:
            return None
        newest = past[-1]
        return () if newest.amount is None else (naive(newest.at), Decimal(newest.amount))

    def truth(self, seen: Iterable[datetime]) -> dict[str, list[Version]]:
        """Every version that the given moments show, tombstones of what was known among them."""
        moments = list(seen)
        told = {}
        for number in sorted({event.number for event in self.events}):
            versions: list[Version] = []
            for at in moments:
                now = self.standing(number, at)
                if now is not None and now != (versions[-1] if versions else ()):
                    versions.append(now)
            if versions:
                told[self.key(number)] = versions
        return told

    def held(self) -> dict[str, list[Version]]:
        """Every version in the lake, in the order that readers use."""
        column = "amount" if self.is_zoho else "order_amount"
        columns = ["key", "pulled_at", "modified_at", "record_hash", "is_deleted", column]
        rows = [row for file in self.lake.raw_files(self.source, self.name) for row in file.read(columns).to_pylist()]
        rows.sort(key=lambda row: (row["pulled_at"], row["modified_at"] or datetime.min, row["record_hash"]))  # noqa: DTZ901
        held: dict[str, list[Version]] = {}
        for row in rows:
            version = () if row["is_deleted"] else (row["modified_at"], row[column])
            held.setdefault(row["key"], []).append(version)
        return dict(sorted(held.items()))

    def state(self) -> dict[str, Version]:
        """What readers see: the newest version of what is not deleted."""
        return {key: versions[-1] for key, versions in self.held().items() if versions[-1]}

    def kept(self) -> dict[str, bytes]:
        """Every file of the lake that counts; a pull under way has a folder of its own."""
        root = self.folder / "lake"
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".incoming" not in path.parts and path.name != "empty.parquet"
        }

    def secrets(self) -> list[str]:
        """What must be found nowhere: secrets, tokens, phones, mails."""
        known = CREDENTIALS[self.source]
        names = ("client_secret", "refresh_token", "app_secret", "permanent_code")
        state = self.folder / "state" / f"{self.source}.token.json"
        tokens = [one["value"] for one in json.loads(state.read_text()).values()] if state.exists() else []
        return [MAIL, PHONE, *(known[name] for name in names if name in known), *tokens]

    def close(self) -> None:
        """The CRM answers no more."""
        self.here.close()
