"""From a CSV, XLSX or YAML file to typed cells, with every bad cell named by file, sheet, row and column.

What to add here: a way in which spreadsheets write a value, an encoding, a file format.
What belongs elsewhere: which columns a file has (`files`), what rows must agree with (`folder.py`).
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import yaml
from openpyxl.utils.exceptions import InvalidFileException

from connectors.catalogue import FieldType
from connectors.company.files import Column, CompanyFile, Row, Value

T = FieldType
Cell = str | int | float | bool | date | datetime | time | None

DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
SHORTENED = re.compile(r"\d(\.\d+)?[eE]\+\d+")
BLANKS = " \t\r\n\u3000\u00a0\ufeff"
# Excel keeps 15 significant digits of a number; a longer id typed as a number has already lost its tail.
EXCEL_DIGITS = 15


@dataclass(frozen=True, slots=True)
class BadCell:
    """One cell (or one line of a YAML file) that cannot be used, and what was expected there."""

    file: str
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    expected: str

    @property
    def where(self) -> str:
        """The place as a person would point at it: 'adjustments.csv row 3, column amount'."""
        sheet = f" [{self.sheet}]" if self.sheet else ""
        words = ("line", "key") if self.file.endswith(".yaml") else ("row", "column")
        places = [f"{word} {place}" if place else "" for word, place in zip(words, (self.row, self.column), strict=True)]
        where = ", ".join(place for place in places if place)
        return f"{self.file}{sheet}{' ' + where if where else ''}"

    @property
    def found(self) -> str:
        """What stands there, in quotes and cut short."""
        return "nothing" if self.value is None else f"{self.value[:80]!r}"

    def __str__(self) -> str:
        """The mistake on one line."""
        return f"{self.where}: {'' if self.value is None else f'{self.found}; '}expected {self.expected}"


class CompanyErrors(Exception):
    """Everything that is wrong with a company folder, at once. Nothing was loaded."""

    def __init__(self, folder: Path, errors: list[BadCell]) -> None:
        """Keep the mistakes in the order of files, rows and columns."""
        self.folder = folder
        self.errors = tuple(errors)
        mistakes = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
        super().__init__("\n".join([f"{mistakes} in company folder {folder}; nothing was loaded:", *(f"  {e}" for e in errors)]))


class Unreadable(ValueError):
    """A cell's text is not a value of its column's type; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A file as it lies there: sheet name, and rows of cells with their row number."""

    file: str
    sheet: str | None
    rows: list[tuple[int, list[Cell]]]


def read_grid(path: Path, encoding: str) -> Grid:
    """The cells of a CSV, XLSX or YAML file; raises `Unreadable` when the file is none of them."""
    if path.suffix.lower() == ".xlsx":
        return _read_xlsx(path)
    try:
        text = path.read_bytes().decode(encoding)
    except UnicodeDecodeError as fault:
        raise Unreadable(
            f"text in UTF-8, but byte {fault.start + 1} is not (a file saved by Chinese Excel is GBK): save as 'CSV UTF-8', "
            f"or declare it in company.yaml as encodings: {{{path.name}: gb18030}}"
        ) from fault
    if path.suffix.lower() == ".yaml":
        return Grid(path.name, None, _yaml_rows(text))
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error as fault:
        raise Unreadable(f"comma-separated values ({fault})") from fault
    return Grid(path.name, None, [(number, list(row)) for number, row in enumerate(rows, start=1)])


def _yaml_rows(text: str) -> list[tuple[int, list[Cell]]]:
    """A list of entries as rows under the names they use; a row's number is the line on which its entry begins."""
    wanted = "a list of entries, each a mapping of column names to values"
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        raise Unreadable(f"YAML ({fault})") from fault
    entries = tree.value if isinstance(tree, yaml.SequenceNode) else [] if tree is None else [None]
    if not all(isinstance(entry, yaml.MappingNode) for entry in entries):
        raise Unreadable(wanted)
    kept = [(entry.start_mark.line + 1, {key.value: value for key, value in entry.value}) for entry in entries]
    if any(not isinstance(value, yaml.ScalarNode) for _, entry in kept for value in entry.values()):
        raise Unreadable(wanted)
    names = list(dict.fromkeys(name for _, entry in kept for name in entry))
    empty = "tag:yaml.org,2002:null"
    return [
        (1, [*names]),
        *(
            (line, [None if name not in entry or entry[name].tag == empty else entry[name].value for name in names])
            for line, entry in kept
        ),
    ] if kept else []


def _read_xlsx(path: Path) -> Grid:
    """The sheet named like the file, or the first one that is shown."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as fault:
        raise Unreadable(f"an XLSX workbook ({fault})") from fault
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    sheet = next((sheet for sheet in shown if sheet.title == path.stem), shown[0])
    rows: list[tuple[int, list[Cell]]] = []
    formulas = False
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        formulas = formulas or any(cell.data_type == "f" for cell in cells)
        rows.append((number, [cell.value for cell in cells]))
    title = sheet.title
    book.close()
    if formulas:
        rows = _calculated(path, title, rows)
    return Grid(path.name, title, rows)


def _calculated(path: Path, title: str, rows: list[tuple[int, list[Cell]]]) -> list[tuple[int, list[Cell]]]:
    """Formulas replaced by the result Excel saved; one that was never calculated stays, to be answered as a bad cell."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    results = [[cell.value for cell in cells] for cells in book[title].iter_rows()]
    book.close()
    return [
        (number, [formula if result is None else result for formula, result in zip(row, done, strict=True)])
        for (number, row), done in zip(rows, results, strict=True)
    ]


def shown(cell: Cell) -> str | None:
    """A cell as a person sees it, for messages; None when it is empty."""
    if cell is None or (isinstance(cell, str) and not cell.strip(BLANKS)):
        return None
    return cell.strip(BLANKS) if isinstance(cell, str) else _plain(cell)


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # 15 digits are what Excel shows; the 17 of the double behind it would turn 0.1+0.2 into a bad cell.
        return f"{Decimal(format(cell, '.15g')).normalize():f}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time(0) else cell.date().isoformat()
    return str(cell)


@dataclass(slots=True)
class TypedRow:
    """One row of a file with its place, so that later checks can still point at it."""

    number: int
    values: Row
    bad: set[str]  # columns whose cell was answered already, so that later checks do not answer it again


def typed_rows(grid: Grid, file: CompanyFile, zone: ZoneInfo) -> tuple[list[TypedRow], list[BadCell]]:
    """Every row of a file as typed values, and every cell that is not what its column says."""
    lines = [(number, row) for number, row in grid.rows if any(shown(cell) for cell in row) and not _is_comment(row)]
    if not lines:
        return [], []
    number, header = lines[0]
    positions, extras, errors = _header(grid, file, number, header)
    if errors:
        return [], errors
    readers: list[tuple[Column, int, dict[str, Value]]] = [
        (column, positions.get(column.name, len(header)), {}) for column in file.all_columns
    ]
    rows: list[TypedRow] = []
    for number, cells in lines[1:]:
        row: Row = {}
        bad: set[str] = set()
        for column, position, known in readers:
            cell = cells[position] if position < len(cells) and position < len(header) else None
            try:
                row[column.name] = _remembered(cell, column, zone, known)
            except Unreadable as fault:
                row[column.name] = None
                bad.add(column.name)
                errors.append(BadCell(grid.file, grid.sheet, number, column.name, shown(cell), str(fault)))
        for name, position in extras.items():
            row[name] = shown(cells[position]) if position < len(cells) else None
        if any(shown(cell) for cell in cells[len(header):]):
            errors.append(BadCell(
                grid.file, grid.sheet, number, None, shown(cells[len(header)]),
                f"{len(header)} cells as in the header; put a text that contains a comma in quotes",
            ))
        rows.append(TypedRow(number, row, bad))
    return rows, errors


def _remembered(cell: Cell, column: Column, zone: ZoneInfo, known: dict[str, Value]) -> Value:
    """The cell's value; a text that stood in this column before is not parsed again: that halves the time of a ledger."""
    if not isinstance(cell, str):
        return parse(cell, column, zone)
    if cell not in known:
        known[cell] = parse(cell, column, zone)
    return known[cell]


def _is_comment(row: list[Cell]) -> bool:
    first = next((text for text in map(shown, row) if text), "")
    return first.startswith("#")


def _header(
    grid: Grid, file: CompanyFile, number: int, header: list[Cell]
) -> tuple[dict[str, int], dict[str, int], list[BadCell]]:
    """Where each known column stands, where the company's own columns stand, and what is wrong with the header."""
    names = [(shown(cell) or "").lower() for cell in header]
    known = {column.name: column for column in file.all_columns}
    errors = [
        BadCell(grid.file, grid.sheet, number, name, name, "each column once")
        for name in sorted({name for name in names if name and names.count(name) > 1})
    ]
    leaves_out = grid.file.endswith(".yaml")  # an entry names only what it has to say
    missing = [
        name for name, column in known.items()
        if name not in names and not (column.may_be_absent or (leaves_out and not column.required))
    ]
    if len(missing) > 1 and sum(1 for name in names if name) == 1 and re.search(r"[;\t]", names[0]):
        return {}, {}, [BadCell(grid.file, grid.sheet, number, None, names[0], "columns separated by commas")]
    errors += [
        BadCell(grid.file, grid.sheet, number, name, None, f"a column of this name ({known[name].label})") for name in missing
    ]
    absent = [name for name in known if name not in names]
    extras = {name: position for position, name in enumerate(names) if name and name not in known}
    for name in extras:
        if meant := difflib.get_close_matches(name, absent, n=1, cutoff=0.8):
            errors.append(BadCell(grid.file, grid.sheet, number, name, name, f"{meant[0]}, if that is what this column is"))
    return {name: names.index(name) for name in known if name in names}, extras, errors


def parse(cell: Cell, column: Column, zone: ZoneInfo) -> Value:
    """The cell as a value of the column; raises `Unreadable` with what was expected."""
    text = shown(cell)
    if text is None:
        if column.required:
            raise Unreadable(f"{column.expected} (this cell may not be empty)")
        return None
    if text.startswith("=") or (text.startswith("#") and text.endswith(("!", "?", "A"))):
        raise Unreadable(f"{column.expected}, not a formula without a result: open the file in Excel and save it")
    value = _typed(cell, text, column, zone)
    if column.choices and value not in column.choices:
        raise Unreadable(column.expected)
    if column.pattern and not column.pattern.fullmatch(str(value)):
        raise Unreadable(column.expected)
    if isinstance(value, Decimal | int) and not isinstance(value, bool) and not _within(value, column):
        raise Unreadable(column.expected)
    return value


def _within(value: Decimal | int, column: Column) -> bool:
    return (
        (column.minimum is None or value >= column.minimum)
        and (column.maximum is None or value <= column.maximum)
        and (column.above is None or value > column.above)
    )


def _typed(cell: Cell, text: str, column: Column, zone: ZoneInfo) -> Value:
    """The cell's value in the column's type, before its bounds are looked at."""
    match column.type:
        case T.MONEY | T.NUMBER | T.INTEGER:
            return _number(unicodedata.normalize("NFKC", text), column)
        case T.DATE:
            return _date(cell, text, column)
        case T.TIMESTAMP:
            return _timestamp(cell, text, column, zone)
        case T.BOOLEAN:
            return _boolean(text, column)
        case T.ID:
            return _id(cell, text)
        case _:
            return text


def _number(text: str, column: Column) -> Decimal | int:
    text = text.replace(",", "") if GROUPED.fullmatch(text) else text
    percent = column.type is T.NUMBER and text.endswith("%")
    try:
        number = Decimal(text.removesuffix("%") if percent else text)
    except InvalidOperation as fault:
        raise Unreadable(column.expected) from fault
    if not number.is_finite():
        raise Unreadable(column.expected)
    number = number / 100 if percent else number
    places = {T.MONEY: 4, T.NUMBER: 6, T.INTEGER: 0}[column.type]
    exact = number.normalize()
    if -int(exact.as_tuple().exponent) > places or len(exact.as_tuple().digits) + int(exact.as_tuple().exponent) > 18 - places:
        raise Unreadable(column.expected)
    return int(number) if column.type is T.INTEGER else number.quantize(Decimal(1).scaleb(-places))


def _date(cell: Cell, text: str, column: Column) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time(0):
            raise Unreadable(f"{column.expected}, without a time of day")
        return cell.date()
    match = DATE.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        raise Unreadable(column.expected)
    try:
        return date(*map(int, match.groups()))
    except ValueError as fault:
        raise Unreadable(f"{column.expected}; there is no such day") from fault


def _timestamp(cell: Cell, text: str, column: Column, zone: ZoneInfo) -> datetime:
    """UTC without a zone, as the lake keeps moments; a moment without an offset is company time."""
    if isinstance(cell, datetime):
        moment = cell
    else:
        day, _, rest = unicodedata.normalize("NFKC", text).replace("T", " ").partition(" ")
        try:
            year, month, number = map(int, DATE.fullmatch(day).groups()) if DATE.fullmatch(day) else (0, 0, 0)
            clock = re.sub(r"^(\d):", r"0\1:", rest) or "00:00"
            moment = datetime.fromisoformat(f"{year:04d}-{month:02d}-{number:02d}T{clock}")
        except ValueError as fault:
            raise Unreadable(column.expected) from fault
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(tzinfo=None)


def _boolean(text: str, column: Column) -> bool:
    if text.lower() in ("true", "yes", "y", "1", "是"):
        return True
    if text.lower() in ("false", "no", "n", "0", "否"):
        return False
    raise Unreadable(column.expected)


def _id(cell: Cell, text: str) -> str:
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    if SHORTENED.fullmatch(text) or (is_number and len(text.lstrip("-")) > EXCEL_DIGITS):
        raise Unreadable("the whole id: the spreadsheet rounded it as a number; format the column as text and paste it again")
    return text


def bad_cells_of(grid: Grid, number: int, mistakes: Iterator[tuple[str, str]], row: Row) -> Iterator[BadCell]:
    """Mistakes found by comparing cells, placed where a person finds them."""
    for column, expected in mistakes:
        value = row.get(column)
        yield BadCell(grid.file, grid.sheet, number, column, None if value is None else written(value), expected)


def written(value: Value) -> str:
    """A typed value as it is written in pages and messages: exact, and the same from CSV and XLSX."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)

