"""Publishing by itself: one step, nobody interrupted, so many former ones kept, and what the door out found in the grade.

What to add here: a rule about which files readers find.
What belongs elsewhere: what is in them (`test_demo.py`, `tests/dbt_project`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import KEPT, clocks_of, publish

ASKED = {"management.kpi": (10, 1), "core.fct_orders": (8, 8), "core.clocks": (4, 0)}
TABLES = (("management", "kpi"), ("core", "fct_orders"), ("core", "clocks"))


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def built(folder: Path, as_of: date, sales: int = 0) -> Path:
    """A warehouse as dbt leaves it, small."""
    path = folder / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create schema staging; create table staging.raw (id integer)")
        connection.execute("create table core.clocks (as_of date, known_at timestamp)")
        connection.execute("insert into core.clocks values (?, ?)", [as_of, moment(as_of).replace(tzinfo=None)])
        connection.execute("create table core.sales as select ? as amount", [sales])
        connection.execute("create table core.dim_thresholds (threshold_id varchar, value decimal(18, 6))")
        connection.execute(
            "insert into core.dim_thresholds values ('trust_grade_a', 0.95), ('trust_grade_b', 0.85), ('trust_grade_c', 0.7)"
        )
        connection.execute(
            "create table core.table_trust (schema_name varchar, table_name varchar, grade varchar, score decimal(9, 6), "
            "checks decimal(9, 6), failed_checks bigint)"
        )
        connection.executemany("insert into core.table_trust values (?, ?, 'A', 0.98, 1, 2)", TABLES)
    return path


def amount(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("select amount from core.sales").fetchone()[0]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    return tmp_path, tmp_path / "published.duckdb", tmp_path / "history"


def test_a_reader_keeps_what_it_opened_and_the_next_one_sees_the_new_one(places: tuple[Path, Path, Path]) -> None:
    folder, published, archive = places
    monday, tuesday = date(2026, 9, 28), date(2026, 9, 29)
    publish(built(folder, monday, 1), published, archive, monday, moment(monday))
    # Two readers in one process share a database, so the second is another name for the file.
    with duckdb.connect(str(published), read_only=True) as reader:
        kept, is_live = publish(built(folder, tuesday, 2), published, archive, tuesday, moment(tuesday))
        again = folder / "again.duckdb"
        again.hardlink_to(published)
        with duckdb.connect(str(again), read_only=True) as next_reader:
            assert (amount(reader), amount(next_reader), is_live, kept.parent) == (1, 2, True, archive)
            assert next_reader.execute("select count(*) from duckdb_tables() where schema_name = 'staging'").fetchone() == (0,)
    older = publish(built(folder, monday, 3), published, archive, monday, moment(monday))
    assert (older[1], clocks_of(published)[0], len(list(archive.iterdir()))) == (False, tuesday, 2)


def test_so_many_are_kept_and_every_end_of_a_month_and_what_first_showed_a_close(places: tuple[Path, Path, Path]) -> None:
    folder, published, archive = places
    first = date(2026, 9, 27)
    days = [first + timedelta(days=n) for n in range(KEPT + 8)]
    closes = [moment(date(2026, 10, 2)) - timedelta(minutes=5)]
    for day in days:
        publish(built(folder, day), published, archive, day, moment(day), closes)
    kept = {date.fromisoformat(path.name[:10]) for path in archive.glob("*.duckdb")}
    assert kept == {date(2026, 9, 30), date(2026, 10, 2), *days[-KEPT:]}


def test_rules_that_failed_at_the_door_out_lower_the_tables_grade_once(places: tuple[Path, Path, Path]) -> None:
    folder, published, archive = places
    day = date(2026, 9, 28)
    build = built(folder, day)
    for _ in range(2):  # a run that is simply run again
        publish(build, published, archive, day, moment(day), (), ASKED)
    with duckdb.connect(str(published), read_only=True) as connection:
        trust = "select table_name, grade, score::varchar, checks::varchar, failed_checks from core.table_trust order by 1"
        assert connection.execute(trust).fetchall() == [
            ("clocks", "A", "0.980000", "1.000000", 2),
            ("fct_orders", "D", "0.000000", "0.000000", 10),
            ("kpi", "B", "0.882000", "0.900000", 3),
        ]
