"""Accounts and decisions out of the raw log, as they were known at any moment.

What to add here: a CRM's field that tells customers apart.
What belongs elsewhere: landing (`connectors/`), who is one customer (`clusters.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from identity.accounts import Account
from identity.clusters import Decision

FIELDS: dict[str, dict[str, str]] = {  # field of an account -> column of the CRM's raw table
    "fxiaoke": {
        "name": "account_name", "code": "uscc", "province": "province", "city": "city", "address": "address", "phone": "tel",
    },
    "zoho": {
        "name": "account_name", "code": "uscc", "province": "coalesce(billing_state, billing_country)",
        "city": "billing_city", "address": "billing_street", "phone": "phone",
    },
}  # fmt: skip
ENDED = {"fxiaoke": "life_status = 'invalid'", "zoho": "false"}
MAY_BE_ABSENT = frozenset({"code", "phone"})  # a company's own field; personal data that the company did not ask for
ALWAYS = date(1900, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A moment at which customers may have become others: the business day it shows in, and what was known (UTC, naive)."""

    day: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class _Link:
    decision: Decision
    valid_from: date
    valid_to: date


class RawLog:
    """The raw tables of accounts and of people's decisions; rows in quarantine do not exist."""

    def __init__(self, lake: str, time_zone: str, *, quarantined: Iterable[tuple[str, str]] = ()) -> None:
        """`quarantined`: key and hash of the versions that broke a rule at the door."""
        self._lake, self._zone = lake, ZoneInfo(time_zone)
        self._quarantined = sorted(quarantined)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("set threads = 1")
        connection.execute("create table quarantined (key varchar, record_hash varchar)")
        if self._quarantined:
            connection.executemany("insert into quarantined values (?, ?)", self._quarantined)
        for crm in FIELDS:
            connection.execute(_view(f"accounts_{crm}", f"{self._lake}/raw_{crm}/accounts"))
        connection.execute(_view("links", f"{self._lake}/raw_company/customer_links"))
        return connection

    def steps(self, as_of: date, known_at: datetime) -> list[tuple[Step, str]]:
        """Every step up to the two clocks, in order, each with a print of all that is known by then."""
        with self._connection() as connection:
            tables = [
                f"select '{name}' as name, * from (select key, record_hash, is_deleted, pulled_at from {name})"
                for name in _TABLES
            ]
            pulls = connection.execute(
                "select pulled_at, count(*), bit_xor(hash(name, key, record_hash, is_deleted)) "
                f"from ({' union all by name '.join(tables)}) where pulled_at <= ? group by pulled_at order by pulled_at",
                [known_at],
            ).fetchall()
            links = self._links(connection, known_at)
        bounds = {
            day
            for link in links
            for day in (link.valid_from, link.valid_to + timedelta(days=1) if link.valid_to < ALWAYS[1] else as_of)
        }
        days = [min(self._business_day(pulled_at), as_of) for pulled_at, *_ in pulls]
        steps = {Step(day, pulled_at) for day, (pulled_at, *_) in zip(days, pulls, strict=True)}
        for bound in bounds:
            before = [pulled_at for day, (pulled_at, *_) in zip(days, pulls, strict=True) if day <= bound]
            if before and bound <= as_of:
                steps.add(Step(bound, before[-1]))
        return list(self._printed(sorted(steps), pulls))

    def _printed(self, steps: list[Step], pulls: list[tuple[Any, ...]]) -> Iterable[tuple[Step, str]]:
        print_ = hashlib.sha256(repr(self._quarantined).encode())
        told = iter(pulls)
        pull = next(told, None)
        for step in steps:
            while pull and pull[0] <= step.known_at:
                print_.update(repr(pull).encode())
                pull = next(told, None)
            print_.update(repr(step).encode())
            yield step, print_.hexdigest()

    def _business_day(self, pulled_at: datetime) -> date:
        """The day a night describes: the one before it, in the company's zone."""
        return pulled_at.replace(tzinfo=ZoneInfo("UTC")).astimezone(self._zone).date() - timedelta(days=1)

    def at(self, step: Step) -> tuple[list[Account], list[Decision]]:
        """Accounts and decisions as they stood."""
        accounts = []
        with self._connection() as connection:
            for crm, fields in FIELDS.items():
                columns = {row[0] for row in connection.execute(f"describe accounts_{crm}").fetchall()}
                told = [
                    "null" if field in MAY_BE_ABSENT and column not in columns else column for field, column in fields.items()
                ]
                rows = connection.execute(
                    f"""with visible as (select * from accounts_{crm} where pulled_at <= ?),
                    last_words as (select * from visible where not is_deleted {_NEWEST}),
                    state as (select key, is_deleted from visible {_NEWEST})
                    select key, {", ".join(told)}, state.is_deleted or coalesce({ENDED[crm]}, false)
                    from last_words inner join state using (key) order by key""",
                    [step.known_at],
                ).fetchall()
                accounts += [Account(crm, key, *values[:-1], is_gone=values[-1]) for key, *values in rows]
            links = self._links(connection, step.known_at)
        return accounts, [link.decision for link in links if link.valid_from <= step.day <= link.valid_to]

    def _links(self, connection: duckdb.DuckDBPyConnection, known_at: datetime) -> list[_Link]:
        rows = connection.execute(
            "select crm, account_id, other_crm, other_account_id, decision, approved_by, reason, valid_from, valid_to from ("
            f"  select * from links where pulled_at <= ? {_NEWEST}) where not is_deleted order by all",
            [known_at],
        ).fetchall()
        return [
            _Link(
                Decision(f"{crm}:{account}", f"{other_crm}:{other}", decision == "same", approved_by or "", reason or ""),
                valid_from or ALWAYS[0],
                valid_to or ALWAYS[1],
            )
            for crm, account, other_crm, other, decision, approved_by, reason, valid_from, valid_to in rows
        ]


_TABLES = (*(f"accounts_{crm}" for crm in FIELDS), "links")
# A deleted record says nothing of itself any more; its last words still tell whose it was.
_NEWEST = """qualify row_number() over (
    partition by key order by pulled_at desc, modified_at desc nulls last, is_deleted desc, record_hash desc) = 1"""


def _view(name: str, folder: str) -> str:
    return (
        f"create view {name} as select versions.* from read_parquet('{folder}/*.parquet', union_by_name = true) as versions "
        "anti join quarantined using (key, record_hash)"
    )
