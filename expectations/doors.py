"""The two doors: which rows each suite is asked about, and the few figures that are about a pull rather than about rows.

What to add here: another relation that suites may speak of.
What belongs elsewhere: the rules (YAML), asking them (`validate.py`), stopping a run (`pipelines/checks.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import fsspec

from expectations.suites import Suite
from expectations.validate import Validation, naive_utc, not_asked, validate_all
from expectations.verdicts import Verdicts, fingerprint

PULLS = "raw_ops.pulls"
PULL = re.compile(r"\d{8}T\d+Z\.")  # files of a pull are named after its moment
WRITTEN = ("mtime", "ino", "LastModified", "ETag", "etag", "updated")  # how file systems tell one writing of a file from another
VERSION_COLUMNS = "key varchar, modified_at timestamp, pulled_at timestamp, record_hash varchar, is_deleted boolean"
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
) -> list[Validation]:
    """Raw suites on the lake's current versions as known at a moment.

    `pulls` are the manifests, for `raw_ops.pulls`. `sources` are those the company has: an empty table of a CRM that it
    does not use is no failure. Left out, they are the sources that were ever pulled; without any pull, all of them.
    `not_read` are tables that the company leaves out, with the reason. With `verdicts`, a table that has not changed is not asked
    again.
    """
    moment = naive_utc(known_at)
    used = {*sources, "ops"} if sources is not None else {str(pull["source"]) for pull in pulls} | {"ops"} if pulls else None
    asked = [suite for suite in suites if (used is None or suite.source in used) and suite.name not in not_read]
    looks = {suite.name: fingerprint(suite, _files(str(lake), suite, moment)) for suite in asked if suite.name != PULLS}
    found = {suite.name: held for suite in asked if verdicts and (held := verdicts.of(suite, looks.get(suite.name, "")))}
    for validation in _ask([suite for suite in asked if suite.name not in found], str(lake), moment, pulls):
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


def _ask(suites: Sequence[Suite], lake: str, moment: datetime, pulls: Sequence[Mapping[str, Any]]) -> list[Validation]:
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
            _land_pulls(connection, lake, pulls, moment)
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
        floors = {f"{suite.schema}_{suite.table}_floor": (before.get(suite.name, 0) + 1) // 2 for suite in suites}
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
    connection: duckdb.DuckDBPyConnection, lake: str, pulls: Sequence[Mapping[str, Any]], moment: datetime
) -> None:
    """`raw_ops.pulls`: one row per raw table, with its newest pull and how many rows it has now and had before that pull."""
    connection.execute(f"""
        create schema raw_ops;
        create table {PULLS} (
            key varchar, source varchar, object varchar, kind varchar, last_pulled_at timestamp, hours_behind decimal(18, 2),
            is_modelled boolean, records bigint, versions bigint, deleted bigint, disbelieved bigint, new_fields varchar,
            missing_fields varchar, fields_vanished varchar, fields_retyped varchar, rows_now bigint, rows_before bigint
        )
    """)
    by_object: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pull in sorted(pulls, key=lambda pull: naive_utc(pull["pulled_at"])):
        if naive_utc(pull["pulled_at"]) <= moment:
            by_object.setdefault((str(pull["source"]), str(pull["object"])), []).append(pull)
    before = {place: _moment_before(known) for place, known in by_object.items()}
    rows = _rows(connection, lake, before, moment)
    for (source, name), known in sorted(by_object.items()):
        newest, pulled_at = known[-1], naive_utc(known[-1]["pulled_at"])
        now, then = rows.get((source, name), (None, None))
        # On the first pull everything is new, which says nothing; later, a new field is news.
        seen = {field for pull in known[:-1] for field in pull.get("unknown_fields", ())}
        new = set() if before[source, name] is None else (set(newest.get("unknown_fields", ())) - seen)
        new |= set(newest.get("fields_appeared", ()))
        retyped = (f"{field}: {change}" for field, change in sorted(newest.get("fields_retyped", {}).items()))
        connection.execute(f"insert into {PULLS} values ({', '.join('?' * 17)})", [
            f"{source}/{name}", source, name, newest["kind"], pulled_at, (moment - pulled_at).total_seconds() / 3600,
            newest.get("is_modelled", True), newest["records"], newest["versions"], newest["deleted"],
            newest.get("disbelieved", 0), _listed(new), _listed(newest.get("missing_fields", ())),
            _listed(newest.get("fields_vanished", ())), _listed(retyped),
            now, None if before[source, name] is None else then,
        ])


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
