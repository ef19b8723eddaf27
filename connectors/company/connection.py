"""The company folder as a source of records: the same protocol as a CRM, so that the lake lands it the same way.

What to add here: nothing per file; a new file of `files` is pulled as it is.
What belongs elsewhere: reading and checking the folder (`folder.py`), versions and tombstones (`lake`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Deletion, Finding, Page, Record, Window
from connectors.company.cells import written
from connectors.company.files import (
    ACCEPTANCES,
    ACCEPTANCES_KEY,
    FILES,
    OBJECTS,
    PLAN_TERMS,
    PLAN_TERMS_KEY,
    Row,
)

PAGE = 1000
PLACES = {FieldType.MONEY: Decimal("0.0001"), FieldType.NUMBER: Decimal("0.000001")}


class CompanyConnection:
    """A checked company folder, ready to be pulled: always whole, and a row that is gone is gone."""

    source = "company"
    objects: tuple[CrmObject, ...] = OBJECTS
    overlap = timedelta(0)
    settle = timedelta(0)
    vanishing_limit: float | None = None  # finance may well start a new ledger file; people decided it

    def __init__(
        self,
        rows: Mapping[str, list[Row]],
        plan_rows: Sequence[Mapping[str, object]],
        acceptance_rows: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """The folder's typed rows, one row per rule of its plans, and one per signature under them."""
        self._rows = rows
        self._made = {
            PLAN_TERMS.name: (PLAN_TERMS_KEY, plan_rows),
            ACCEPTANCES.name: (ACCEPTANCES_KEY, acceptance_rows),
        }

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every row of the file, without personal columns; the window plays no part, a file has no change log."""
        records = self._records(obj)
        for start in range(0, len(records), PAGE):
            yield Page(records[start:start + PAGE], withheld=frozenset(f.api_name for f in obj.fields if f.personal))

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Nothing: the lake sees for itself which rows of a whole pull are missing."""
        return iter(())

    def cast(self, field: Field, value: object) -> object:
        """A written value in the type of `field`; ValueError when it will not parse."""
        if value is None:
            return None
        match field.type:
            case FieldType.MONEY | FieldType.NUMBER:
                return _decimal(value).quantize(PLACES[field.type])
            case FieldType.INTEGER:
                return int(str(value))
            case FieldType.BOOLEAN:
                return {"true": True, "false": False}[str(value).lower()]
            case FieldType.DATE:
                return date.fromisoformat(str(value))
            case FieldType.TIMESTAMP:
                return datetime.fromisoformat(str(value).removesuffix("Z"))
            case _:
                return str(value)

    def check(self) -> list[Finding]:
        """How much each file holds; a folder with mistakes never gets this far."""
        found = [Finding(name, is_good=True, says=f"{len(rows):,} rows") for name, rows in self._rows.items() if rows]
        empty = sorted(name for name, rows in self._rows.items() if not rows)
        return [*found, Finding(f"{len(empty)} files not kept or empty", is_good=True, says=", ".join(empty))] if empty else found

    def _records(self, obj: CrmObject) -> list[Record]:
        if obj.name in self._made:
            key, rows = self._made[obj.name]
            return [_record(row, key, frozenset()) for row in rows]
        file = next(file for file in FILES if file.name == obj.name)
        personal = frozenset(field.name for field in obj.fields if field.personal)
        return [_record(row, file.key_columns, personal) for row in self._rows[file.name]]


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as fault:
        raise ValueError(f"not a number: {value!r}") from fault


def _record(row: Mapping[str, object], key: tuple[str, ...], personal: frozenset[str]) -> Record:
    """A row as the lake keeps it: written exactly, the same from CSV and from XLSX, with its natural key."""
    record = {name: _kept(value) for name, value in row.items() if name not in personal}
    return {"key": "|".join("" if record[name] is None else str(record[name]) for name in key), **record}


def _kept(value: object) -> object:
    """A value as JSON can hold it without losing anything."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal | date):
        return written(value)
    raise TypeError(f"a company row holds text, numbers, dates and truth values, not {type(value).__name__}")
