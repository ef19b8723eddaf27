"""The company folder as a whole: every file read, every mistake found, then rows, people and a connection for the lake.

What to add here: a check that compares files of the folder with each other.
What belongs elsewhere: cells of one file (`cells.py`), columns (`files`), how plans are read (`commission/plan.py`).
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.company.cells import (
    BadCell,
    CompanyErrors,
    Grid,
    TypedRow,
    Unreadable,
    bad_cells_of,
    read_grid,
    typed_rows,
    written,
)
from connectors.company.connection import CompanyConnection
from connectors.company.files import FILES, CompanyFile, Known, Mistake, Row, expected_reference
from connectors.company.settings import FILE as SETTINGS
from connectors.company.settings import Settings, read_settings

# A target for a metric that nobody computes would lie unused without a word, so it must stand in the registry.
SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
METRICS, THRESHOLDS = SEEDS / "metric_registry.csv", SEEDS / "thresholds.csv"
KINDS = ("csv", "xlsx", "yaml")
PLAN_ID = re.compile(r"^plan:[ \t]*['\"]?([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the company as reports and delivery need them; the e-mail address is in no table."""

    employee_no: str
    name: str
    department_id: str
    manager_no: str | None
    role: str
    hire_date: date
    leave_date: date | None
    email: str | None = field(repr=False)

    def is_employed(self, on: date) -> bool:
        """Whether somebody works here on a day; the first and the last day count."""
        return self.hire_date <= on and (self.leave_date is None or on <= self.leave_date)


@dataclass(frozen=True, slots=True)
class Company:
    """A company folder that holds no mistake."""

    folder: Path
    settings: Settings
    rows: Mapping[str, list[Row]]  # by file name; a file that is not there is an empty list
    tables: Mapping[str, Table] = field(repr=False)  # the same as they lie in their files

    @classmethod
    def load(cls, folder: Path | str) -> Company:
        """The folder's settings and rows; raises `CompanyErrors` with every mistake in it."""
        folder = Path(folder)
        seen = (folder, _print_of(folder))
        if seen not in _loaded:
            company = cls._read(folder)
            _loaded.clear()
            _loaded[seen] = company
        return _loaded[seen]

    @classmethod
    def _read(cls, folder: Path) -> Company:
        settings, errors = read_settings(folder)
        tables = {}
        for file in FILES:
            tables[file.name], found = _read_file(folder, file, settings)
            errors += found
        errors += [*_compare(folder, settings, tables), *_misspelt(folder)]
        if settings is None or errors:
            order = {file.name: number for number, file in enumerate(FILES, start=1)}
            raise CompanyErrors(folder, sorted(errors, key=lambda e: (order.get(e.file.rpartition(".")[0], 0), e.row or 0)))
        return cls(folder, settings, {name: [row.values for row in table.rows] for name, table in tables.items()}, tables)

    @staticmethod
    def settings_of(folder: Path | str) -> Settings:
        """Only `company.yaml`, in milliseconds, for what needs no rows; raises `CompanyErrors` like `load`."""
        settings, errors = read_settings(Path(folder))
        if settings is None or errors:
            raise CompanyErrors(Path(folder), errors)
        return settings

    def connection(
        self, plan_rows: Sequence[Mapping[str, object]] = (), acceptance_rows: Sequence[Mapping[str, object]] = ()
    ) -> CompanyConnection:
        """The folder as a source of records like a CRM; the rows are what `commission.plan` makes of plans and signatures."""
        return CompanyConnection(self.rows, plan_rows, acceptance_rows)

    def place(self, file: str, number: int) -> str:
        """Where a person finds that one of the file's rows: 'adjustments.csv row 3'."""
        table = self.tables[file]
        return BadCell(table.grid.file, table.grid.sheet, table.rows[number].number, None, None, "").where

    def people(self, on: date | None = None) -> dict[str, Person]:
        """Everybody by employee number, as valid on a day; without a day, as last known."""
        newest: dict[str, Row] = {}
        for row in sorted(self.rows["employees"], key=lambda row: str(row["valid_from"])):
            if on is None or _holds(row, on):
                newest[str(row["employee_no"])] = row
        return {number: _person(row) for number, row in sorted(newest.items())}


# The folder read last, by the bytes of all that `load` looks at: a close asks for its 49,000 rows twice, and mostly nobody has
# written in between.
_loaded: dict[tuple[Path, str], Company] = {}


def _print_of(folder: Path) -> str:
    """SHA-256 over every file that decides what `Company.load` finds."""
    digest = hashlib.sha256()
    tables = (folder / f"{file.name}.{kind}" for file in FILES for kind in KINDS)
    for path in (METRICS, THRESHOLDS, folder / SETTINGS, *tables, *sorted((folder / "plans").glob("*.yaml"))):
        if path.exists():
            content = path.read_bytes()
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _holds(row: Row, on: date) -> bool:
    start, end = row["valid_from"], row["valid_to"]
    return isinstance(start, date) and start <= on and (not isinstance(end, date) or on <= end)


def _person(row: Row) -> Person:
    names = ("employee_no", "name", "department_id", "manager_no", "role", "hire_date", "leave_date", "email")
    return Person(**{name: row[name] for name in names})  # type: ignore[arg-type]  # typed and checked when the file was read


@dataclass(slots=True)
class Table:
    """The typed rows of a file and where they were read from."""

    grid: Grid
    rows: list[TypedRow]
    is_read: bool = True  # False: the file itself is broken, so nothing can be said about what it lacks


class Anything(frozenset[str]):
    """What a broken file holds: nobody knows, so a reference to it is not called a mistake."""

    def __contains__(self, value: object) -> bool:
        """Always, until the file can be read."""
        return True


def _misspelt(folder: Path) -> Iterator[BadCell]:
    """Files that nobody reads and that are named almost like one that is not there."""
    there = {path.stem for path in folder.iterdir() if path.suffix.lstrip(".") in KINDS}
    absent = {file.name for file in FILES} - there
    for path in sorted(folder.iterdir()):
        meant = difflib.get_close_matches(path.stem, absent, n=1, cutoff=0.85) if path.suffix.lstrip(".") in KINDS else []
        if meant and path.stem not in {file.name for file in FILES}:
            yield BadCell(path.name, None, None, None, path.name, f"{meant[0]}{path.suffix}, if that is what this file is")


def _read_file(folder: Path, file: CompanyFile, settings: Settings | None) -> tuple[Table, list[BadCell]]:
    """One file as CSV, XLSX or YAML, whichever is there."""
    paths = [path for kind in KINDS if (path := folder / f"{file.name}.{kind}").exists()]
    if not paths:
        return Table(Grid(f"{file.name}.csv", None, []), []), []
    broken = Table(Grid(paths[0].name, None, []), [], is_read=False)
    if len(paths) > 1:
        expected = f"either {' or '.join(path.name for path in paths)}: nobody can tell which of the two holds"
        return broken, [BadCell(paths[0].name, None, None, None, None, expected)]
    try:
        grid = read_grid(paths[0], settings.encodings.get(paths[0].name, "utf-8") if settings else "utf-8")
    except Unreadable as fault:
        return broken, [BadCell(paths[0].name, None, None, None, None, str(fault))]
    rows, errors = typed_rows(grid, file, settings.zone if settings else ZoneInfo("UTC"))
    return Table(grid, rows, is_read=bool(rows) or not errors), errors


def _compare(folder: Path, settings: Settings | None, tables: Mapping[str, Table]) -> list[BadCell]:
    """What only shows when rows and files are held against each other."""
    known = _known(folder, settings, tables)
    errors: list[BadCell] = []
    for file in FILES:
        table = tables[file.name]
        for row in table.rows:
            errors += bad_cells_of(table.grid, row.number, _mistakes(file, row, known), row.values)
        if file.check_all and table.is_read:
            for number, column, expected in file.check_all([row.values for row in table.rows]):
                row = table.rows[number]
                errors += bad_cells_of(table.grid, row.number, [(column, expected)], row.values)
        errors += _clashes(file, table, file.key)
        for column in file.exclusive:
            errors += _clashes(file, table, (column,))
    return errors


def _known(folder: Path, settings: Settings | None, tables: Mapping[str, Table]) -> Known:
    """Everything that a cell may refer to."""
    def column(file: str, name: str, **only: str) -> frozenset[str]:
        if not tables[file].is_read:
            return Anything()
        rows = (row.values for row in tables[file].rows)
        return frozenset(str(row[name]) for row in rows if all(row[key] == value for key, value in only.items()))

    def seeded(seed: Path, name: str) -> frozenset[str]:
        with seed.open(encoding="utf-8", newline="") as rows:
            return frozenset(row[name] for row in csv.DictReader(rows))

    plans = [path.read_text(encoding="utf-8", errors="replace") for path in sorted((folder / "plans").glob("*.yaml"))]
    crms = settings.crm if settings else {}
    return {
        "departments": frozenset(department.id for department in settings.departments) if settings else Anything(),
        "crms": frozenset(crms) if settings else Anything(),
        "crms with ar_ledger": frozenset(name for name, crm in crms.items() if crm.receivables == "ar_ledger"),
        "metrics": seeded(METRICS, "metric_id"),
        "thresholds": seeded(THRESHOLDS, "threshold_id"),
        "employees.employee_no": column("employees", "employee_no"),
        "employees.region": column("employees", "region"),
        "products.product_line": column("products", "product_line"),
        "products.product_code": column("products", "product_code"),
        "cash_receipts.receipt_id": column("cash_receipts", "receipt_id"),
        "invoices": column("ar_ledger", "invoice_no", entry_type="invoice"),
        # A broken plan is for commission/plan.py to explain with its line; here only its name is needed.
        "plans": frozenset(name for text in plans for name in PLAN_ID.findall(text)),
    }


def _mistakes(file: CompanyFile, row: TypedRow, known: Known) -> Iterator[Mistake]:
    """Cells of a row that name something which does not exist, and what the file's own check finds."""
    for column in file.columns:
        value = row.values[column.name]
        if column.exists_in and value is not None and value not in known[column.exists_in]:
            yield column.name, expected_reference(column)
    if file.check:
        yield from (mistake for mistake in file.check(row.values, known) if mistake[0] not in row.bad)
    start, end = row.values.get("valid_from"), row.values.get("valid_to")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        yield "valid_to", f"a day on or after valid_from {start}"


def _clashes(file: CompanyFile, table: Table, columns: tuple[str, ...]) -> Iterator[BadCell]:
    """Rows that say two things about one key on one day, or give one person's account to somebody else."""
    is_key = columns == file.key
    decisive = {*columns, *file.key, "valid_from", "valid_to"}
    groups: dict[tuple[str, ...], list[TypedRow]] = defaultdict(list)
    for row in table.rows:
        if not row.bad & decisive and (is_key or row.values[columns[0]] is not None):
            groups[_values(row, columns)].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: (_starts(row), row.number))
        latest = rows[0]
        for row in rows[1:]:
            if _starts(row) <= _ends(latest) and (is_key or _values(row, file.key) != _values(latest, file.key)):
                yield _clash(file, table.grid, row, latest, columns)
            latest = max(latest, row, key=_ends)


def _clash(file: CompanyFile, grid: Grid, row: TypedRow, other: TypedRow, columns: tuple[str, ...]) -> BadCell:
    """The later of two rows that cannot both be true."""
    what = ", ".join(f"{name} {value}" for name, value in zip(columns, _values(row, columns), strict=True) if value)
    if columns != file.key:
        column, expected = columns[0], f"a value that nobody else has on the same days; row {other.number} has it"
    elif not file.is_decision:
        column, expected = columns[-1], f"{what} only once; row {other.number} has it already"
    else:
        column, expected = "valid_from", f"a day after row {other.number} ends ({_end_words(other)}): both are about {what}"
    value = row.values[column]
    return BadCell(grid.file, grid.sheet, row.number, column, None if value is None else written(value), expected)


def _values(row: TypedRow, columns: Iterable[str]) -> tuple[str, ...]:
    return tuple("" if (value := row.values[name]) is None else written(value) for name in columns)


def _starts(row: TypedRow) -> date:
    start = row.values.get("valid_from")
    return start if isinstance(start, date) else date.min


def _ends(row: TypedRow) -> date:
    end = row.values.get("valid_to")
    return end if isinstance(end, date) else date.max


def _end_words(row: TypedRow) -> str:
    end = row.values.get("valid_to")
    return written(end) if isinstance(end, date) else "it has no valid_to"
