"""Door out: the new warehouse replaces the published one in one atomic step, and the former ones are kept.

What belongs elsewhere: whether it may (`checks.py`), what is in it (`dbt_project/`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

KEPT = 12
READER_SCHEMAS = ("core", "finance", "management", "risk")


def stamp(as_of: date, known_at: datetime) -> str:
    """How an archived warehouse is called: its two clocks, so that names sort as time does."""
    return f"{as_of:%Y-%m-%d}__{known_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def clocks_of(warehouse: Path) -> tuple[date, datetime] | None:
    """The two clocks of a published warehouse (known_at aware, UTC); None where there is none yet."""
    if not warehouse.exists():
        return None
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        as_of, known_at = connection.execute("select as_of, known_at from core.clocks").fetchone()
    return as_of, known_at.replace(tzinfo=UTC)


def strip_to_readers(build: Path) -> None:
    """Drop what readers are not given: staging, and everything that would still read the lake."""
    with duckdb.connect(str(build)) as connection:
        schemas = [
            row[0]
            for row in connection.execute(
                "select distinct schema_name from information_schema.schemata where catalog_name = current_database()"
            ).fetchall()
        ]
        for schema in schemas:
            if schema not in {*READER_SCHEMAS, "main", "information_schema", "pg_catalog"}:
                connection.execute(f'drop schema if exists "{schema}" cascade')
        connection.execute("checkpoint")


def count_checks(build: Path, asked: Mapping[str, tuple[int, int]]) -> None:
    """Take what the door out found into each table's grade: `asked` says per table how many rules there were and how many failed.

    dbt grades tables by what feeds them; their own rules are asked when it is done.
    """
    failing = [(*table.split(".", 1), rules, failed) for table, (rules, failed) in asked.items() if failed]
    if not failing:
        return
    with duckdb.connect(str(build)) as connection:
        connection.execute("create temp table found (schema_name varchar, table_name varchar, rules integer, failed integer)")
        connection.executemany("insert into found values (?, ?, ?, ?)", failing)
        connection.execute(
            """
            update core.table_trust as trust set
                checks = round(checks * (rules - failed) / rules, 6), score = round(score * (rules - failed) / rules, 6),
                failed_checks = failed_checks + failed
            from found where trust.schema_name = found.schema_name and trust.table_name = found.table_name;
            update core.table_trust as trust set grade = coalesce((
                select upper(right(threshold_id, 1)) from core.dim_thresholds
                where threshold_id like 'trust_grade_%' and value <= trust.score
                order by value desc limit 1
            ), 'D')
            from found where trust.schema_name = found.schema_name and trust.table_name = found.table_name;
            checkpoint
            """
        )


def publish(
    build: Path, published: Path, archive: Path, as_of: date, known_at: datetime, closes: Iterable[datetime] = (),
    asked: Mapping[str, tuple[int, int]] | None = None,
) -> tuple[Path, bool]:
    """Archive the build and make it the published warehouse, unless a later business date is published already.

    The first build after each of `closes` is kept for good: statements of a closed month are made from it.
    `asked` goes to `count_checks`.

    Returns the archived file and whether it is now the published one. Readers that hold the old file keep reading it.
    """
    archive.mkdir(parents=True, exist_ok=True)
    kept = archive / f"{stamp(as_of, known_at)}.duckdb"
    staged = kept.with_suffix(".part")
    shutil.copyfile(build, staged)
    strip_to_readers(staged)
    count_checks(staged, asked or {})
    _settle(staged)
    staged.replace(kept)

    before = clocks_of(published)
    if before is not None and before > (as_of, known_at.astimezone(UTC)):
        return kept, False
    incoming = published.with_suffix(".part")
    shutil.copyfile(kept, incoming)
    _settle(incoming)
    incoming.replace(published)
    _prune(archive, closes)
    return kept, True


def archived(archive: Path, as_of: date) -> Path | None:
    """The newest archived warehouse of a business date, or None."""
    return max(archive.glob(f"{as_of:%Y-%m-%d}__*.duckdb"), default=None)


def _settle(path: Path) -> None:
    leftover = Path(f"{path}.wal")
    if leftover.exists():
        raise RuntimeError(f"{path} was not checkpointed: {leftover.name} lies beside it")
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _prune(archive: Path, closes: Iterable[datetime]) -> None:
    """Keep the newest `KEPT`, every month's end, packs are rebuilt from those, and what first showed each close."""

    def is_month_end(path: Path) -> bool:
        day = date.fromisoformat(path.name[:10])
        return (day.replace(day=28).toordinal() + 4) > day.toordinal() and date.fromordinal(day.toordinal() + 1).day == 1

    files = sorted(archive.glob("*.duckdb"))
    by_moment = sorted(files, key=lambda path: path.stem.partition("__")[2])
    after = [f"{close.astimezone(UTC):%Y%m%dT%H%M%SZ}" for close in closes]
    first_shown = {next((path for path in by_moment if path.stem.partition("__")[2] >= moment), None) for moment in after}
    for path in files[:-KEPT]:
        if not is_month_end(path) and path not in first_shown:
            path.unlink()
