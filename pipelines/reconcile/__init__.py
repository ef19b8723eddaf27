"""Headline figures computed a second time: straight from the lake in plain DuckDB SQL, beside what the published marts say.

What to add here: a figure is one file of `figures/`: its name, the way from the lake, then `-- published` and the marts' own.
What belongs elsewhere: the models (`dbt_project/`); nothing here may read them, or two mistakes would agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "dbt_project" / "seeds"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure from both sides."""

    name: str
    lake: Decimal
    published: Decimal

    @property
    def difference(self) -> Decimal:
        """What the marts have more than the lake."""
        return self.published - self.lake

    @property
    def agrees(self) -> bool:
        """To the cent."""
        return abs(self.difference) < CENT


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All figures of one published warehouse."""

    as_of: date
    known_at: datetime
    figures: tuple[Figure, ...]

    @property
    def agrees(self) -> bool:
        """Whether every figure does."""
        return all(figure.agrees for figure in self.figures)


def reconcile(lake: Path, published: Path, amounts: dict[str, dict[str, str]]) -> Reconciliation:
    """Every figure of `figures/`; `amounts` says per CRM what company.yaml says of its orders, cash and receivables."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set enable_progress_bar = false; set timezone = 'UTC'")
        connection.execute(f"attach '{published}' as published (read_only)")
        as_of, known_at = connection.execute("select as_of, known_at from published.core.clocks").fetchone()
        connection.execute("create table crm (name varchar, orders varchar, cash varchar, receivables varchar)")
        for name, means in amounts.items():
            values = [name, means["orders"], means["cash"], means["receivables"]]
            connection.execute("insert into crm values (?, ?, ?, ?)", values)
        _newest_versions(connection, lake)
        connection.execute((HERE / "sources.sql").read_text(encoding="utf-8").replace("{seeds}", str(SEEDS)))
        figures = tuple(_figure(connection, path) for path in sorted((HERE / "figures").glob("*.sql")))
    return Reconciliation(as_of, known_at, figures)


def _newest_versions(connection: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """A table per raw table: of each key the newest version that was known, if it is alive and not in quarantine."""
    for folder in sorted(lake.glob("raw_*/*")):
        source, name = folder.parent.name.removeprefix("raw_"), folder.name
        if not any(folder.glob("*.parquet")):
            continue
        connection.execute(f"create schema if not exists {source}")
        connection.execute(
            f"""
            create table {source}.{name} as
            select versions.* from read_parquet('{folder}/*.parquet', union_by_name = true) as versions
            where versions.pulled_at <= (select known_at from published.core.clocks)
            qualify row_number() over (
                partition by versions.key
                order by versions.pulled_at desc, versions.modified_at desc nulls last, versions.is_deleted desc,
                    versions.record_hash desc
            ) = 1 and not versions.is_deleted
            """
        )
        connection.execute(
            f"""
            delete from {source}.{name} as held using published.core.quarantine as found
            where found.source = '{source}' and found.object = '{name}' and held.key = found.key
                and held.record_hash = found.record_hash
            """
        )


def _figure(connection: duckdb.DuckDBPyConnection, path: Path) -> Figure:
    ours, _, theirs = path.read_text(encoding="utf-8").partition("-- published\n")
    name = ours.splitlines()[0].removeprefix("-- ")
    values = [connection.execute(query).fetchone()[0] for query in (ours, theirs)]
    return Figure(name, *(Decimal(str(value or 0)).quantize(Decimal("0.0001")) for value in values))
