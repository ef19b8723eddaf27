"""The two doors: which rows each suite is asked about, and the few figures that are about a pull rather than about rows.

What to add here: another relation that suites may speak of.
What belongs elsewhere: the rules (YAML), asking them (`validate.py`), stopping a run (`pipelines/checks.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import fsspec

from expectations.suites import Suite
from expectations.validate import Validation, naive_utc, not_asked, validate_all

PULLS = "raw_ops.pulls"
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
) -> list[Validation]:
    """Raw suites on the lake's current versions as known at a moment.

    `pulls` are the manifests, for `raw_ops.pulls`. `sources` are those the company has: an empty table of a CRM that it
    does not use is no failure. Left out, they are the sources that were ever pulled; without any pull, all of them.
    """
    moment = naive_utc(known_at)
    used = {*sources, "ops"} if sources is not None else {str(pull["source"]) for pull in pulls} | {"ops"} if pulls else None
    asked = [suite for suite in suites if used is None or suite.source in used]
    found = {validation.suite.name: validation for validation in _ask(asked, lake, moment, pulls)}
    return [found.get(suite.name) or not_asked(suite, f"{suite.source}: not in use") for suite in suites]


def _ask(suites: Sequence[Suite], lake: Path | str, moment: datetime, pulls: Sequence[Mapping[str, Any]]) -> list[Validation]:
    """Raw suites of the sources in use."""
    with _in_memory() as connection:
        if "://" in str(lake):
            connection.register_filesystem(fsspec.filesystem(str(lake).split("://", maxsplit=1)[0]))
        raw = [suite for suite in suites if suite.name != PULLS]
        for suite in raw:
            _land(connection, suite, str(lake), moment)
        if len(raw) < len(suites):
            _land_pulls(connection, pulls, moment)
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
        versions = suite.name
    log = "key, modified_at, pulled_at, record_hash, is_deleted"
    connection.execute(f"create view {_log(suite)} as select {log} from {versions}")


def _log(suite: Suite) -> str:
    return f"{suite.schema}._{suite.table}_versions"


def _land_pulls(connection: duckdb.DuckDBPyConnection, pulls: Sequence[Mapping[str, Any]], moment: datetime) -> None:
    """`raw_ops.pulls`: one row per raw table, with its newest pull and how many rows it has now and had before that pull."""
    connection.execute(f"""
        create schema raw_ops;
        create table {PULLS} (
            key varchar, source varchar, object varchar, kind varchar, last_pulled_at timestamp, hours_behind decimal(18, 2),
            records bigint, versions bigint, deleted bigint, disbelieved bigint, new_fields varchar, missing_fields varchar,
            rows_now bigint, rows_before bigint
        )
    """)
    by_object: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pull in sorted(pulls, key=lambda pull: naive_utc(pull["pulled_at"])):
        if naive_utc(pull["pulled_at"]) <= moment:
            by_object.setdefault((str(pull["source"]), str(pull["object"])), []).append(pull)
    for (source, name), known in sorted(by_object.items()):
        newest = known[-1]
        pulled_at = naive_utc(newest["pulled_at"])
        earlier = [at for pull in known if (at := naive_utc(pull["pulled_at"])) < pulled_at]
        # On the first pull everything is new, which says nothing; later, a new field is news.
        seen = {field for pull in known[:-1] for field in pull.get("unknown_fields", ())}
        new = set(newest.get("unknown_fields", ())) - seen if earlier else set()
        connection.execute(f"insert into {PULLS} values ({', '.join('?' * 14)})", [
            f"{source}/{name}", source, name, newest["kind"], pulled_at, (moment - pulled_at).total_seconds() / 3600,
            newest["records"], newest["versions"], newest["deleted"], newest.get("disbelieved", 0),
            ", ".join(sorted(new)) or None, ", ".join(sorted(newest.get("missing_fields", ()))) or None,
            _rows_at(connection, source, name, moment), _rows_at(connection, source, name, earlier[-1]) if earlier else None,
        ])


def _rows_at(connection: duckdb.DuckDBPyConnection, source: str, name: str, moment: datetime) -> int | None:
    """How many rows a raw table had at a moment; None when its suite does not run."""
    log = f"raw_{source}._{name}_versions"
    try:
        found = connection.execute(f"select count(*) from ({CURRENT.format(versions=log)})", [moment]).fetchone()
    except duckdb.CatalogException:
        return None
    return int(found[0]) if found else None


def _sizes(connection: duckdb.DuckDBPyConnection, database: str, suites: Sequence[Suite]) -> dict[str, int]:
    """Rows of each table that a suite speaks of and the database has."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall()
    there = {row[0] for row in rows}
    wanted = [suite.name for suite in suites if suite.name in there]
    found = (connection.execute(f"select count(*) from {database}.{name}").fetchone() for name in wanted)
    return {name: int(row[0]) for name, row in zip(wanted, found, strict=True) if row}
