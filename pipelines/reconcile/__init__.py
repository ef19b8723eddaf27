"""Headline figures computed a second time, by month: from the lake in plain DuckDB SQL, beside what the published marts say.

What to add here: a figure is one file of `figures/`: its name, the way from the lake, then `-- published` and the marts' own.
Both answer period, part and value; a part is a CRM or a department, or `company` where the marts only know the whole.
What belongs elsewhere: the models (`dbt_project/`); nothing here may read them, or two mistakes would agree.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "dbt_project" / "seeds"
CENT = Decimal("0.01")
COMPANY = "company"
Cells = dict[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one period and part, from both sides."""

    period: str
    part: str
    lake: Decimal
    published: Decimal

    @property
    def difference(self) -> Decimal:
        """What the marts have more than the lake."""
        return self.published - self.lake


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure from both sides: over all periods, and every period and part where they differ by a cent or more."""

    name: str
    lake: Decimal
    published: Decimal
    first_period: str
    last_period: str
    differing: tuple[Cell, ...]

    @property
    def difference(self) -> Decimal:
        """What the marts have more than the lake."""
        return self.published - self.lake

    @property
    def agrees(self) -> bool:
        """To the cent, in every period."""
        return not self.differing and abs(self.difference) < CENT


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
        _known_versions(connection, lake)
        connection.execute((HERE / "sources.sql").read_text(encoding="utf-8").replace("{seeds}", str(SEEDS)))
        figures = tuple(_figure(connection, path) for path in sorted((HERE / "figures").glob("*.sql")))
    return Reconciliation(as_of, known_at, figures)


def _known_versions(connection: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """Per raw table: every version that was known and is not in quarantine (`_log`), and of each key the newest, if alive."""
    for folder in sorted(lake.glob("raw_*/*")):
        source, name = folder.parent.name.removeprefix("raw_"), folder.name
        if not any(folder.glob("*.parquet")):
            continue
        connection.execute(f"create schema if not exists {source}")
        connection.execute(
            f"""
            create view {source}.{name}_known as
            select versions.*, found.key is not null as is_held
            from read_parquet('{folder}/*.parquet', union_by_name = true) as versions
            left join published.core.quarantine as found on found.source = '{source}' and found.object = '{name}'
                and versions.key = found.key and versions.record_hash = found.record_hash
            where versions.pulled_at <= (select known_at from published.core.clocks);
            create view {source}.{name}_log as select * from {source}.{name}_known where not is_held;
            create table {source}.{name} as
            select * from {source}.{name}_known as versions
            qualify row_number() over (
                partition by versions.key
                order by versions.pulled_at desc, versions.modified_at desc nulls last, versions.is_deleted desc,
                    versions.record_hash desc
            ) = 1 and not versions.is_deleted and not versions.is_held
            """
        )


def _figure(connection: duckdb.DuckDBPyConnection, path: Path) -> Figure:
    """Parts that the marts do not tell apart are compared together, as the company."""
    ours, _, theirs = path.read_text(encoding="utf-8").partition("-- published\n")
    lake, published = (_cells(connection, query) for query in (ours, theirs))
    cells = [
        Cell(*place, lake.get(place, Decimal(0)), published.get(place, Decimal(0)))
        for place in sorted(lake.keys() | published.keys())
    ]
    if {part for _, part in published} <= {COMPANY}:
        cells = [cell for cell in cells if cell.part == COMPANY]
    whole = [cell for cell in cells if cell.part == COMPANY]
    return Figure(
        ours.splitlines()[0].removeprefix("-- "),
        sum((cell.lake for cell in whole), Decimal(0)),
        sum((cell.published for cell in whole), Decimal(0)),
        *((cells[0].period, cells[-1].period) if cells else ("—", "—")),
        tuple(cell for cell in cells if abs(cell.difference) >= CENT),
    )


def _cells(connection: duckdb.DuckDBPyConnection, query: str) -> Cells:
    """Values by period and part; what is said of parts alone is summed for the company."""
    cells: Cells = defaultdict(Decimal)
    for period, part, value in connection.execute(query).fetchall():
        cells[period or "—", part] += Decimal(str(value or 0))
    if not any(part == COMPANY for _, part in cells):
        for (period, _), value in list(cells.items()):
            cells[period, COMPANY] += value
    return {place: value.quantize(Decimal("0.0001")) for place, value in cells.items()}
