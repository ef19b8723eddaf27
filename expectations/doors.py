"""The two doors: which rows each suite is asked about, and the few figures that are about a pull rather than about rows.

What to add here: another relation that suites may speak of.
What belongs elsewhere: the rules (YAML), asking them (`validate.py`), stopping a run (`pipelines/checks.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import fsspec

from expectations.activity import Activity, activity_of, workdays_between
from expectations.suites import Suite
from expectations.validate import Validation, naive_utc, not_asked, validate_all
from expectations.verdicts import Verdicts, fingerprint

PULLS = "raw_ops.pulls"
SMALL = 20  # a table of fewer rows halves by one customer that pays, as its raw tables may (`raw_ops.pulls`)
PULL = re.compile(r"\d{8}T\d+Z\.")  # files of a pull are named after its moment
WRITTEN = ("mtime", "ino", "LastModified", "ETag", "etag", "updated")  # how file systems tell one writing of a file from another
VERSION_COLUMNS = "key varchar, modified_at timestamp, pulled_at timestamp, record_hash varchar, is_deleted boolean"
WorkCalendar = Callable[[date], bool]


def weekdays(day: date) -> bool:
    """Monday to Friday: where no calendar is given."""
    return day.weekday() < 5


# What staging reads too (dbt macro `newest_versions`, same order): the newest version of a key that was known, if not a deletion.
CURRENT = """
    select * exclude (_newest) from (
        select *, row_number() over (
            partition by key order by pulled_at desc, modified_at desc nulls last, is_deleted desc, record_hash desc
        ) as _newest
        from {versions} where pulled_at <= ?
    ) where _newest = 1 and not is_deleted
"""


def door_in(
    suites: Sequence[Suite],
    lake: Path | str,
    *,
    known_at: datetime,
    pulls: Sequence[Mapping[str, Any]] = (),
    sources: Collection[str] | None = None,
    not_read: Mapping[str, str] = MappingProxyType({}),
    verdicts: Verdicts | None = None,
    is_workday: WorkCalendar = weekdays,
    zone: str = "UTC",
) -> list[Validation]:
    """Raw suites on the lake's current versions as known at a moment.

    `pulls` are the manifests, for `raw_ops.pulls`. `sources` are those the company has: an empty table of a CRM that it
    does not use is no failure. Left out, they are the sources that were ever pulled; without any pull, all of them.
    `not_read` are tables that the company leaves out, with the reason. With `verdicts`, a table that has not changed is not asked
    again. `is_workday` is the country's calendar, above which the company's own days in the lake stand; days are those of `zone`.
    """
    moment = naive_utc(known_at)
    used = {*sources, "ops"} if sources is not None else {str(pull["source"]) for pull in pulls} | {"ops"} if pulls else None
    asked = [suite for suite in suites if (used is None or suite.source in used) and suite.name not in not_read]
    looks = {suite.name: fingerprint(suite, _files(str(lake), suite, moment)) for suite in asked if suite.name != PULLS}
    found = {suite.name: held for suite in asked if verdicts and (held := verdicts.of(suite, looks.get(suite.name, "")))}
    anew = [suite for suite in asked if suite.name not in found]
    for validation in _ask(anew, str(lake), moment, pulls, (is_workday, ZoneInfo(zone))):
        found[validation.suite.name] = validation
        if verdicts is not None and validation.suite.name in looks:
            verdicts.keep(validation, looks[validation.suite.name])
    return [
        found.get(suite.name) or not_asked(suite, not_read.get(suite.name, f"{suite.source}: not in use")) for suite in suites
    ]


def _files(lake: str, suite: Suite, moment: datetime) -> list[tuple[object, ...]]:
    """Files of a raw table that may hold what was known at a moment: name, size and when they were written."""
    system, folder = fsspec.url_to_fs(f"{lake}/{suite.schema}/{suite.table}")
    if not system.exists(folder):
        return []
    latest = moment.strftime("%Y%m%dT%H%M%S%fZ")
    return [
        (name, info["size"], *(info.get(stamp) for stamp in WRITTEN))
        for info in system.ls(folder, detail=True)
        if not PULL.match(name := info["name"].rsplit("/", 1)[1]) or name.removesuffix(".parquet") <= latest
    ]


def _ask(
    suites: Sequence[Suite], lake: str, moment: datetime, pulls: Sequence[Mapping[str, Any]], days: tuple[WorkCalendar, ZoneInfo]
) -> list[Validation]:
    """Raw suites of the sources in use."""
    if not suites:
        return []
    with _in_memory() as connection:
        if "://" in lake:
            connection.register_filesystem(fsspec.filesystem(lake.split("://", maxsplit=1)[0]))
        raw = [suite for suite in suites if suite.name != PULLS]
        for suite in raw:
            _land(connection, suite, lake, moment)
        if len(raw) < len(suites):
            _land_pulls(connection, lake, pulls, moment, days)
        return validate_all([(suite, suite.name) for suite in suites], connection)


def door_out(
    suites: Sequence[Suite], warehouse: Path, *, as_of: date, known_at: datetime, published: Path | None = None
) -> list[Validation]:
    """Published suites on a warehouse that no other connection holds; `published` is what readers have now, to compare sizes."""
    with _in_memory() as connection:
        connection.execute(f"attach '{warehouse}' as candidate (read_only)")
        before: dict[str, int] = {}
        if published is not None and published.exists():
            connection.execute(f"attach '{published}' as published (read_only)")
            before = _sizes(connection, "published", suites)
        there = set(_sizes(connection, "candidate", suites))
        validations = []
        for suite in suites:
            relation = f"candidate.{suite.name}" if suite.name in there else "(select 1 as table_is_missing where false)"
            validations.append((suite, relation))
        sizes = {f"{suite.schema}_{suite.table}_floor": before.get(suite.name, 0) for suite in suites}
        floors = {name: (size + 1) // 2 if size >= SMALL else 0 for name, size in sizes.items()}
        given = {"as_of": as_of.isoformat(), "known_at": naive_utc(known_at).isoformat(sep=" "), **floors}
        return validate_all(validations, connection, given)


@contextmanager
def _in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that leaves nothing behind and locks nothing."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set enable_progress_bar = false; set timezone = 'UTC'; set preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def _land(connection: duckdb.DuckDBPyConnection, suite: Suite, lake: str, moment: datetime) -> None:
    """The table a raw suite speaks of, once: every rule would otherwise read and rank the versions again."""
    connection.execute(f"create schema if not exists {suite.schema}")
    versions = f"read_parquet('{lake}/{suite.schema}/{suite.table}/*.parquet', union_by_name = true)"
    try:
        connection.execute(f"create table {suite.name} as {CURRENT.format(versions=versions)}", [moment])
    except duckdb.IOException:
        # Never pulled, so nothing lies there: an empty table, whose missing columns the suite then names.
        connection.execute(f"create table {suite.name} ({VERSION_COLUMNS})")


def _land_pulls(
    connection: duckdb.DuckDBPyConnection, lake: str, pulls: Sequence[Mapping[str, Any]], moment: datetime,
    days: tuple[WorkCalendar, ZoneInfo],
) -> None:
    """`raw_ops.pulls`: a row per raw table: its newest pull, its rows now and before it, and how lively it is on workdays."""
    connection.execute(f"""
        create schema raw_ops;
        create table {PULLS} (
            key varchar, source varchar, object varchar, kind varchar, last_pulled_at timestamp, hours_behind decimal(18, 2),
            is_modelled boolean, records bigint, versions bigint, deleted bigint, disbelieved bigint, new_fields varchar,
            missing_fields varchar, fields_vanished varchar, fields_retyped varchar, rows_now bigint, rows_before bigint,
            workdays_behind bigint, quiet_workdays bigint, usual_quiet_workdays bigint, active_workdays bigint, changes bigint,
            usual_changes bigint
        )
    """)
    by_object: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pull in sorted(pulls, key=lambda pull: naive_utc(pull["pulled_at"])):
        if naive_utc(pull["pulled_at"]) <= moment:
            by_object.setdefault((str(pull["source"]), str(pull["object"])), []).append(pull)
    before = {place: _moment_before(known) for place, known in by_object.items()}
    rows = _rows(connection, lake, before, moment)
    is_workday, zone = _with_own_days(connection, lake, moment, days[0]), days[1]
    on = moment.replace(tzinfo=UTC).astimezone(zone).date() - timedelta(days=1)  # the day that is over when a night begins
    lively = _activities(connection, lake, before, moment, zone, on, is_workday)
    for (source, name), known in sorted(by_object.items()):
        newest, pulled_at = known[-1], naive_utc(known[-1]["pulled_at"])
        now, then = rows.get((source, name), (None, None))
        # On the first pull everything is new, which says nothing; later, a new field is news.
        seen = {field for pull in known[:-1] for field in pull.get("unknown_fields", ())}
        new = set() if before[source, name] is None else (set(newest.get("unknown_fields", ())) - seen)
        new |= set(newest.get("fields_appeared", ()))
        retyped = (f"{field}: {change}" for field, change in sorted(newest.get("fields_retyped", {}).items()))
        connection.execute(f"insert into {PULLS} values ({', '.join('?' * 23)})", [
            f"{source}/{name}", source, name, newest["kind"], pulled_at, (moment - pulled_at).total_seconds() / 3600,
            newest.get("is_modelled", True), newest["records"], newest["versions"], newest["deleted"],
            newest.get("disbelieved", 0), _listed(new), _listed(newest.get("missing_fields", ())),
            _listed(newest.get("fields_vanished", ())), _listed(retyped),
            now, None if before[source, name] is None else then,
            workdays_between(pulled_at.replace(tzinfo=UTC).astimezone(zone).date() - timedelta(days=1), on, is_workday),
            *_told(lively.get((source, name))),
        ])


def _told(found: Activity | None) -> tuple[int | None, ...]:
    return (None,) * 5 if found is None else (found.quiet, found.usual_quiet, found.active, found.changes, found.usual_changes)


def _with_own_days(connection: duckdb.DuckDBPyConnection, lake: str, moment: datetime, national: WorkCalendar) -> WorkCalendar:
    """The calendar of the country, changed by the days that the company decided for itself."""
    versions = f"read_parquet('{lake}/raw_company/cn_calendar/*.parquet', union_by_name = true)"
    try:
        found = connection.execute(f"select day, is_workday from ({CURRENT.format(versions=versions)})", [moment]).fetchall()
    except duckdb.IOException:
        found = []  # never pulled
    own = dict(found)
    return lambda day: own.get(day, national(day))


def _activities(
    connection: duckdb.DuckDBPyConnection, lake: str, places: Collection[tuple[str, str]], moment: datetime, zone: ZoneInfo,
    on: date, is_workday: WorkCalendar,
) -> dict[tuple[str, str], Activity]:
    """How lively each table of a CRM is, by the days on which its rows say that they changed; one look at all of them."""
    system, root = fsspec.url_to_fs(lake)
    there = [place for place in places if place[0] != "company" and system.exists(f"{root}/raw_{place[0]}/{place[1]}")]
    if not there:
        return {}
    logs = " union all ".join(
        f"select {number} as place, key, modified_at, pulled_at, is_deleted "
        f"from read_parquet('{lake}/raw_{source}/{name}/*.parquet', union_by_name = true)"
        for number, (source, name) in enumerate(there)
    )
    found = connection.execute(
        f"""
        select place, cast(timezone(?, timezone('UTC', modified_at)) as date) as day, count(distinct key)
        from ({logs}) where pulled_at <= ? and modified_at > ? and modified_at <= ? group by all
        """,
        [str(zone), moment, moment - timedelta(days=150), moment],
    ).fetchall()
    changes: dict[int, dict[date, int]] = {}
    for number, day, count in found:
        if day <= on:
            changes.setdefault(number, {})[day] = count
    return {there[number]: activity_of(by_day, on, is_workday) for number, by_day in changes.items()}


def _moment_before(known: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the pull before the newest one was; None for a first pull."""
    newest = naive_utc(known[-1]["pulled_at"])
    earlier = [at for pull in known if (at := naive_utc(pull["pulled_at"])) < newest]
    return earlier[-1] if earlier else None


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(sorted(names)) or None


def _rows(
    connection: duckdb.DuckDBPyConnection, lake: str, before: Mapping[tuple[str, str], datetime | None], moment: datetime
) -> dict[tuple[str, str], tuple[int, int]]:
    """How many rows each raw table has now and had before, in one look at all of them; those without files are left out."""
    system, root = fsspec.url_to_fs(lake)
    there = [place for place in before if system.exists(f"{root}/raw_{place[0]}/{place[1]}")]
    if not there:
        return {}
    logs = " union all ".join(
        f"select {number} as place, key, pulled_at, coalesce(modified_at, timestamp '0001-01-01') as modified_at, "
        f"is_deleted, record_hash from read_parquet('{lake}/raw_{source}/{name}/*.parquet', union_by_name = true)"
        for number, (source, name) in enumerate(there)
    )
    version = "{'pulled_at': pulled_at, 'modified_at': modified_at, 'is_deleted': is_deleted, 'record_hash': record_hash}"
    connection.execute("create temp table moments (place integer, known_at timestamp, before_at timestamp)")
    connection.executemany(
        "insert into moments values (?, ?, ?)", [[number, moment, before[place]] for number, place in enumerate(there)]
    )
    found = connection.execute(f"""
        select place, count(*) filter (where not is_gone), count(*) filter (where not was_gone) from (
            select
                place, arg_max(is_deleted, {version}) filter (where pulled_at <= known_at) as is_gone,
                arg_max(is_deleted, {version}) filter (where pulled_at <= before_at) as was_gone
            from ({logs}) inner join moments using (place) group by place, key
        ) group by place
    """).fetchall()
    counted = {place: (int(now), int(then)) for place, now, then in found}
    return {place: counted.get(number, (0, 0)) for number, place in enumerate(there)}


def _sizes(connection: duckdb.DuckDBPyConnection, database: str, suites: Sequence[Suite]) -> dict[str, int]:
    """Rows of each table that a suite speaks of and the database has."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall()
    there = {row[0] for row in rows}
    wanted = [suite.name for suite in suites if suite.name in there]
    found = (connection.execute(f"select count(*) from {database}.{name}").fetchone() for name in wanted)
    return {name: int(row[0]) for name, row in zip(wanted, found, strict=True) if row}
