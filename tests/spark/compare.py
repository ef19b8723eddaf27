"""Build the demo company on both engines from one lake and compare every published table, to the last decimal.

    python -m tests.spark.compare [--scale 1.0] [--as-of 2026-09-30] [--home FOLDER]

What to add here: nothing per table; every table of a reader's schema is compared.
What belongs elsewhere: what the figures should be (`tests/dbt_project`), how tables come back (`dbt_project/bring_back.py`).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.bring_back import READER_SCHEMAS, bring_back
from tests.dbt_project.build import build_warehouse
from tests.dbt_project.demo import land_demo
from tests.spark.closing import close_months_before
from tests.spark.engine import DBT, SPARK, run_on_spark

SHOWN = 3  # differing rows of a table that are printed


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the two engines say about one table."""

    table: str
    rows: int
    differences: tuple[str, ...]


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def build_on_spark(home: Path) -> Path:
    """Run the same project on Spark; the folder of its tables."""
    without = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    return run_on_spark(home, [str(SPARK / "dbt"), "build", *without, *DBT])


def compare(ours: Path, theirs: Path, schemas: Sequence[str] = READER_SCHEMAS, *, typed: bool = True) -> list[Comparison]:
    """Every published table of both files: columns, types and rows, none of them in any order."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{ours}' as duck (read_only)")
        connection.execute(f"attach '{theirs}' as spark (read_only)")
        tables = connection.execute(
            """
            select distinct schema_name || '.' || table_name from duckdb_tables()
            where database_name in ('duck', 'spark') and list_contains(?, schema_name) order by 1
        """,
            [list(schemas)],
        ).fetchall()
        return [_compared(connection, table, typed) for (table,) in tables]


def _columns(connection: duckdb.DuckDBPyConnection, engine: str, table: str) -> dict[str, str]:
    schema, name = table.split(".")
    return dict(
        connection.execute(
            """
        select column_name, data_type from duckdb_columns()
        where database_name = ? and schema_name = ? and table_name = ? order by column_index
    """,
            [engine, schema, name],
        ).fetchall()
    )


def _compared(connection: duckdb.DuckDBPyConnection, table: str, typed: bool) -> Comparison:
    duck, spark = _columns(connection, "duck", table), _columns(connection, "spark", table)
    if duck != spark if typed else list(duck) != list(spark):
        odd = sorted(duck.items() ^ spark.items())
        return Comparison(table, 0, (f"columns differ: {odd}",))
    count = connection.execute(f"select count(*) from duck.{table}").fetchone()[0]
    differences: list[str] = []
    for engine, other in (("duck", "spark"), ("spark", "duck")):
        only = f"(select * from {engine}.{table} except all select * from {other}.{table})"
        missing = connection.execute(f"select count(*) from {only}").fetchone()[0]
        if missing:
            examples = connection.execute(f"select * from {only} order by all limit {SHOWN}").fetchall()
            differences.append(f"{missing} rows only {engine} has")
            differences += [f"  {_written(dict(zip(duck, row, strict=True)))}" for row in examples]
    return Comparison(table, count, tuple(differences))


def _written(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 when a table differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.spark.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="size of the demo company")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 9, 30))
    parser.add_argument("--home", type=Path, help="where to work, kept afterwards; a lake that is there is used as it is")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        return _run((given.home or Path(temporary)).resolve(), given.as_of, given.scale)


def _run(home: Path, as_of: date, scale: float) -> int:
    if not (home / "lake").exists():
        say(f"landing the demo company as of {as_of} ...")
        land_demo(home, as_of, scale=scale)
        closed = close_months_before(as_of, home, build_warehouse(home))
        say(f"closed {', '.join(closed)}, one payee of the last left out: both engines see a ledger and what follows a close")
    started = time.monotonic()
    say("building on DuckDB ...")
    ours = build_warehouse(home)
    on_duckdb, started = time.monotonic() - started, time.monotonic()
    say(f"building on Spark ({os.environ.get('QUARTERDECK_SPARK_MASTER', 'local[2]')}, some minutes) ...")
    theirs = home / "spark" / "published.duckdb"
    bring_back(build_on_spark(home), theirs)
    on_spark = time.monotonic() - started
    comparisons = compare(ours, theirs)
    for one in comparisons:
        say(f"{'differs' if one.differences else 'equal  '}  {one.rows:>8,}  {one.table}")
        for line in one.differences:
            say(f"         {line}")
    different = [one.table for one in comparisons if one.differences]
    verdict = f"DIFFERENT: {', '.join(different)}" if different else "equal in every table"
    say(f"{len(comparisons)} tables, {sum(one.rows for one in comparisons):,} rows: {verdict}")
    say(f"DuckDB {on_duckdb:.0f} s, Spark {on_spark:.0f} s")
    return 1 if different or not comparisons else 0


if __name__ == "__main__":
    sys.exit(main())
