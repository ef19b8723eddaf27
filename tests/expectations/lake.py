"""Makes a small lake by hand: raw Parquet as the connectors write it, with every value right unless a test says otherwise.

What to add here: a column whose right value is not just any value of its type.
What belongs elsewhere: a lake made by real pulls (`tests/connectors/`, `tests/pipelines/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors import company, fxiaoke, zoho
from connectors.catalogue import CrmObject, FieldType
from connectors.company.files import FILES

SOURCES = {"zoho": zoho.OBJECTS, "fxiaoke": fxiaoke.OBJECTS, "company": company.OBJECTS}
PULLED_AT = datetime.fromisoformat("2026-11-19T18:00")
T = FieldType
RIGHT: dict[FieldType, Any] = {
    T.TEXT: "text", T.ID: "id1", T.MONEY: Decimal("100.0000"), T.NUMBER: Decimal("0.500000"), T.INTEGER: 1, T.BOOLEAN: False,
    T.DATE: date(2026, 7, 1), T.TIMESTAMP: datetime.fromisoformat("2026-07-01T02:00"), T.JSON: "[]",
}
RIGHT_BY_NAME: dict[str, Any] = {
    "currency_code": "CNY", "life_status": "normal", "uscc": "91310000MA1K3A4X2B", "entry_type": "invoice", "decision": "same",
    "scope_type": "company", "tier_from": Decimal(0), "define_type": "package",
}
UNIQUE = ("order_no", "invoice_no", "employee_no", "product_code")


def obj_of(source: str, name: str) -> CrmObject:
    """The catalogue entry of a raw table."""
    return next(obj for obj in SOURCES[source] if obj.name == name)


def right_row(obj: CrmObject, number: int) -> dict[str, Any]:
    """Version 1 of record `number`, with nothing wrong in it."""
    columns = next((file.columns for file in FILES if file.object == obj), ())
    known = {column.name: column.choices[0] for column in columns if column.choices}
    values = {field.name: RIGHT_BY_NAME.get(field.name, known.get(field.name, RIGHT[field.type])) for field in obj.fields}
    values |= {name: f"{name}-{number}" for name in UNIQUE if name in values}
    return {
        "key": f"k{number}", "modified_at": PULLED_AT, "pulled_at": PULLED_AT, "run_id": "run-1", "record_hash": f"h{number}.1",
        "is_deleted": False, **values, "extra": None, "errors": None,
    }


def write_versions(
    lake: Path, source: str, name: str, rows: Sequence[Mapping[str, Any]], *, without: Sequence[str] = (), pull: str = "p1"
) -> None:
    """One Parquet file of versions, personal columns left out as the lake leaves them out."""
    obj = obj_of(source, name)
    absent = {*without, *(field.name for field in obj.fields if field.personal)}
    schema = pa.schema([column for column in obj.raw_schema if column.name not in absent])
    folder = lake / f"raw_{source}" / name
    folder.mkdir(parents=True, exist_ok=True)
    columns = {column.name: pa.array([row[column.name] for row in rows], column.type) for column in schema}
    pq.write_table(pa.table(columns, schema=schema), folder / f"{pull}.parquet")


def write_lake(lake: Path, rows_each: Mapping[str, int] | int = 3) -> None:
    """A whole lake in which every rule holds."""
    for source, objects in SOURCES.items():
        for obj in objects:
            count = rows_each if isinstance(rows_each, int) else rows_each.get(f"{source}.{obj.name}", 3)
            write_versions(lake, source, obj.name, [right_row(obj, number) for number in range(1, count + 1)])
