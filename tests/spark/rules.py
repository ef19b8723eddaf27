"""Generated plans over the whole vocabulary of commission, on both engines: every table of the chain the same, to the decimal.

    python -m tests.spark.rules [--plans 200] [--seed 11] [--home FOLDER]

The demo company's plans use few of the rules; these use all of them, with splits, overlays, pools, prizes, penalties and holds.

What to add here: nothing per rule; a rule is added to `tests/commission_sql/worlds`.
What belongs elsewhere: whether the figures are right (`tests/commission_sql`), the demo company (`compare.py`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from commission.tables import rows_of
from dbt_project.bring_back import bring_back
from tests.commission_sql.database import MODELS, Database, compiled
from tests.commission_sql.worlds import cases, united
from tests.spark.compare import compare, say
from tests.spark.engine import DBT, SPARK, run_on_spark

SCHEMAS = ("core", "finance", "intermediate")
TABLES = (
    "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse' and not list_contains(?, table_name)"
)


def write_down(database: Database, folder: Path) -> None:
    """Every table that the models read, as `schema/table.parquet`."""
    for schema, table in database.connection.execute(TABLES, [list(MODELS)]).fetchall():
        (folder / schema).mkdir(parents=True, exist_ok=True)
        database.connection.execute(f"copy {schema}.{table} to '{folder / schema / table}.parquet'")


def build_on_duckdb(database: Database, home: Path) -> Path:
    """The models over the same tables; one file of them all."""
    target = home / "duck.duckdb"
    target.unlink(missing_ok=True)
    database.build(compiled(home))
    database.connection.execute(f"attach '{target}' as kept; use kept")
    database.connection.execute("copy from database warehouse to kept")
    database.connection.execute("use warehouse; detach kept")
    return target


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 when a table differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.spark.rules", description=__doc__.splitlines()[0])
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--home", type=Path, help="where to work, kept afterwards")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        return _run((given.home or Path(temporary)).resolve(), given.plans, given.seed)


def _run(home: Path, plans: int, seed: int) -> int:
    worlds, database = cases(seed, plans), Database()
    database.fill([plan for world in worlds for plan in world.plans], rows_of(united(worlds)), "2026-12-31")
    database.post([], {})
    write_down(database, home / "told")
    ours = build_on_duckdb(database, home)
    command = [str(SPARK / "python"), str(Path(__file__).parent / "register.py"), str(home / "told"), " ".join(MODELS), *DBT]
    theirs = home / "spark" / "published.duckdb"
    bring_back(run_on_spark(home, command), theirs, SCHEMAS)
    every = compare(ours, theirs, SCHEMAS, typed=False)  # the chain's own tables have no contract
    comparisons = [one for one in every if one.table.split(".")[1] in MODELS]
    for one in comparisons:
        say(f"{'differs' if one.differences else 'equal  '}  {one.rows:>8,}  {one.table}")
        for line in one.differences:
            say(f"         {line}")
    different = [one.table for one in comparisons if one.differences]
    say(f"{plans} generated plans: {'DIFFERENT: ' + ', '.join(different) if different else 'equal in every table'}")
    return 1 if different or len(comparisons) != len(MODELS) else 0


if __name__ == "__main__":
    sys.exit(main())
