"""The numbers of a report: named queries run once, and every printed number bound to the query it came from.

Add a query as queries/<name>.sql; its first line gives id, title, source tables and the columns that tell its rows apart.
Rounding belongs in format.py; sums and ratios belong in the marts.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

QUERIES = Path(__file__).parent / "queries"
HEADER = re.compile(r"^-- (?P<id>[A-Z]\d\d) (?P<title>[^|]+?) \| (?P<tables>[^|]+?)(?: \| key (?P<key>.+))?$")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
PUBLISHED = ("core", "finance", "management", "risk")
PARAMETER = re.compile(r"\$([a-z_]+)")
Value = Decimal | int | str | bool | dt.date | dt.datetime | list | None
Row = dict[str, Any]


class ReportError(Exception):
    """A report that cannot be made, with what, where and the cure."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the warehouse, with the number it is cited by."""

    name: str
    id: str
    title: str
    tables: str
    key: tuple[str, ...]
    sql: str

    @classmethod
    def load(cls, name: str) -> "Query":
        """The query kept in queries/<name>.sql."""
        text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
        header = HEADER.match(text.split("\n", 1)[0])
        if header is None:
            raise ReportError(f"reports/queries/{name}.sql: line 1 must read '-- Q00 title | tables | key columns'")
        key = tuple(part.strip() for part in (header["key"] or "").split(",") if part.strip())
        return cls(name, header["id"], header["title"], header["tables"], key, text)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The company, the day its numbers describe and the moment they were known."""

    company: str
    as_of: dt.date
    known_at: dt.datetime
    known_text: str


@dataclass(slots=True)
class Facts:
    """Rows by query, and the record of which of their values were printed."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    used: dict[str, Value] = field(default_factory=dict)

    def one(self, name: str) -> Row:
        """The only row of query `name`, or an empty one."""
        return next(iter(self.rows[name]), {})

    @property
    def clocks(self) -> Clocks:
        """The two clocks of the warehouse, the second as the company's wall shows it."""
        row = self.one("clocks")
        if not row:
            raise ReportError("core.clocks is empty; run a nightly first")
        local = row["known_at"].replace(tzinfo=dt.UTC).astimezone(ZoneInfo(row["time_zone"]))
        return Clocks(row["company_name"], row["as_of"], row["known_at"], f"{local:%Y-%m-%d %H:%M} {row['time_zone']}")

    def find(self, name: str, *key: str) -> Row:
        """The row of query `name` under `key`, or an empty one."""
        columns = self.queries[name].key
        return next((row for row in self.rows[name] if tuple(str(row[column]) for column in columns) == key), {})

    def row(self, binding: str) -> Row:
        """The row a binding such as kpi.company.signed_sales.value points into, or an empty one."""
        name, *key, _ = binding.split(".")
        if name not in self.queries:
            known = ", ".join(sorted(self.queries))
            raise ReportError(f"no query named {name!r} in this report (binding {binding!r}); there are: {known}")
        return self.find(name, *key) if self.queries[name].key else self.one(name)

    def value(self, binding: str) -> Value:
        """The value a binding such as kpi.company.signed_sales.value stands for; remembers that it was printed."""
        row, column = self.row(binding), binding.rsplit(".", 1)[1]
        if row and column not in row:
            raise ReportError(f"no column {column!r} (binding {binding!r}); there are: {', '.join(row)}")
        value = row.get(column)
        self.used[binding] = value
        return value

    def cite(self, *names: str) -> str:
        """The ids of these queries, as a page's source line prints them."""
        return " ".join(self.queries[name].id for name in names)


def ask(database: duckdb.DuckDBPyConnection, names: Iterable[str], parameters: Mapping[str, object]) -> Facts:
    """Run the named queries on an open warehouse."""
    facts = Facts()
    for name in names:
        query = Query.load(name)
        wanted = {key: parameters[key] for key in PARAMETER.findall(query.sql)}
        try:
            cursor = database.execute(query.sql, wanted)
        except duckdb.CatalogException as fault:
            first = str(fault).splitlines()[0]
            raise ReportError(f"{query.id} {name}: {first}; run a nightly first, it publishes {query.tables}") from fault
        columns = [column[0] for column in cursor.description]
        facts.queries[name] = query
        facts.rows[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return facts


def check_month(month: str) -> None:
    """Refuse what is not a month."""
    if not MONTH.fullmatch(month):
        raise ReportError(f"a month reads like 2026-09, not {month!r}")


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published warehouse at `path`."""
    if not path.is_file():
        raise ReportError(f"no published warehouse at {path}; run a nightly first")
    return duckdb.connect(str(path), read_only=True)


def row_counts(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows each published table holds."""
    named = "select table_schema || '.' || table_name from information_schema.tables where table_schema in ({})"
    tables = sorted(
        table for (table,) in database.execute(named.format(", ".join(f"'{schema}'" for schema in PUBLISHED))).fetchall()
    )
    return {table: database.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}


def plain(value: Value) -> object:
    """A value as JSON keeps it: exact decimals and dates as text."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
