"""A lake and a run's inputs as Parquet, small enough to read: what dbt sees, without a CRM, a connector or a pipeline.

What to add here: a record that a rule needs; every field that is not given is null.
What belongs elsewhere: the demo company (`simulators/world`), how pages become raw tables (`connectors/lake`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors import company, fxiaoke, zoho
from connectors.catalogue import CrmObject, Field, FieldType
from connectors.company.settings import Settings
from connectors.lake import Manifest
from identity.history import told
from identity.records import RawLog
from identity.tables import READ
from pipelines.inputs import SCHEMAS as INPUT_SCHEMAS
from pipelines.inputs import lineage_rows
from pipelines.work_calendar import calendar_rows

Row = dict[str, Any]
SOURCES: dict[str, tuple[CrmObject, ...]] = {"zoho": zoho.OBJECTS, "fxiaoke": fxiaoke.OBJECTS, "company": company.OBJECTS}
AS_OF = date(2026, 9, 30)
KNOWN_AT = datetime.fromisoformat("2026-09-30 18:00")  # UTC: 02:00 of the next day in Shanghai
PULLED_AT = datetime.fromisoformat("2026-09-01 18:00")

LONG_AGO = datetime.fromisoformat("2020-01-01 00:00")
DECIDED = {"valid_from": date(2025, 1, 1), "valid_to": None, "reason": "fixture", "approved_by": "E900"}


@dataclass(slots=True)
class Lake:
    """Raw versions and run inputs in memory, written at once."""

    as_of: date = AS_OF
    known_at: datetime = KNOWN_AT
    pulled_at: datetime = PULLED_AT
    fiscal_year_start_month: int = 1
    raw: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    inputs: dict[str, list[Row]] = field(default_factory=dict)
    custom: dict[tuple[str, str], tuple[Field, ...]] = field(default_factory=dict)

    def add(
        self, source: str, name: str, key: str, /, *, pulled_at: datetime | None = None, is_deleted: bool = False, **values: Any
    ) -> None:
        """Append one version of a record; the first night's pull brought it unless `pulled_at` says another."""
        pulled_at = pulled_at or self.pulled_at
        body = json.dumps(values, default=str, sort_keys=True)
        self.raw.setdefault((source, name), []).append(
            {
                "key": key,
                "modified_at": values.pop("modified_at", values.get("created_at") or LONG_AGO),
                "pulled_at": pulled_at,
                "run_id": f"{pulled_at:%Y%m%d}",
                "record_hash": hashlib.sha256(body.encode()).hexdigest(),
                "is_deleted": is_deleted,
                **values,
            }
        )

    def decide(self, name: str, key: str, /, **values: Any) -> None:
        """Append one row of a company file; the four decision columns are filled where they are not given."""
        known = {column.name for column in next(o for o in SOURCES["company"] if o.name == name).fields}
        decided = {column: value for column, value in DECIDED.items() if column in known}
        self.add("company", name, key, **{**decided, **values})

    def write(self, lake: Path, build: Path) -> None:
        """Write `raw_<source>/<object>/*.parquet` and `inputs/*.parquet`; objects without a row get their empty file only."""
        for source, objects in SOURCES.items():
            for obj in objects:
                schema = obj.with_fields(*self.custom.get((source, obj.name), ())).raw_schema
                _write(lake / f"raw_{source}" / obj.name / "empty.parquet", schema, [])
                if rows := self.raw.get((source, obj.name)):
                    _write(lake / f"raw_{source}" / obj.name / "20260901.parquet", schema, rows)
        for name, schema in INPUT_SCHEMAS.items():
            _write(build / "inputs" / f"{name}.parquet", schema, self.inputs.get(name, self._default_input(name)))
        write_customers(lake, build, self.as_of, self.known_at, self.inputs.get("quarantine", []))

    def _default_input(self, name: str) -> list[Row]:
        return {
            "clocks": [
                {
                    "as_of": self.as_of,
                    "known_at": self.known_at,
                    "time_zone": "Asia/Shanghai",
                    "currency_code": "CNY",
                    "company_name": "样例公司",
                    "fiscal_year_start_month": self.fiscal_year_start_month,
                }
            ],
            "calendar": calendar_rows(self.as_of.year + 2),
            "departments": [
                {"department_id": "D1", "department_name": "一部", "crm": "fxiaoke"},
                {"department_id": "D2", "department_name": "二部", "crm": "zoho"},
            ],
            "crm_settings": [
                {"crm": "fxiaoke", "order_amounts": "incl_tax", "cash_source": "crm_payments", "receivables_source": "ar_ledger"},
                {"crm": "zoho", "order_amounts": "ex_tax", "cash_source": "cash_receipts", "receivables_source": "crm_invoices"},
            ],
            "pulls": [
                {
                    "source": source,
                    "object": obj.name,
                    "pull_id": "20260901",
                    "run_id": "20260901",
                    "kind": "full",
                    "pulled_at": self.pulled_at,
                    "window_end": self.known_at,
                    "pages": 1,
                    "records": len(self.raw.get((source, obj.name), ())),
                    "versions": len(self.raw.get((source, obj.name), ())),
                    "deleted": 0,
                }
                for source, objects in SOURCES.items()
                for obj in objects
            ],
        }.get(name, [])


def _write(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema), path)


def text_field(name: str) -> Field:
    """A custom text field, as `company.yaml` declares one."""
    return Field(name, name, FieldType.TEXT)


def write_customers(lake: Path, build: Path, as_of: date, known_at: datetime, quarantine: Iterable[Row]) -> None:
    """Write who is who, as the nightly run finds it in this lake (`known_at` in UTC, naive)."""
    quarantined = [(row["key"], row["record_hash"]) for row in quarantine if row["object"] in READ]
    found = told(RawLog(str(lake), "Asia/Shanghai", quarantined=quarantined), as_of, known_at)
    pq.write_table(found.accounts, build / "inputs" / "customer_accounts.parquet")
    pq.write_table(found.questions, build / "inputs" / "customer_questions.parquet")


def write_inputs(
    build: Path,
    settings: Settings,
    as_of: date,
    known_at: datetime,
    manifests: Iterable[Manifest],
    *,
    quarantine: list[Row],
) -> None:
    """Write `inputs/*.parquet` for a company whose lake is real."""

    def naive(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(UTC).replace(tzinfo=None)

    rows: dict[str, list[Row]] = {
        "quarantine": quarantine,
        "clocks": [
            {
                "as_of": as_of,
                "known_at": naive(known_at),
                "time_zone": settings.time_zone,
                "currency_code": settings.currency,
                "company_name": settings.name,
                "fiscal_year_start_month": settings.fiscal_year_start_month,
            }
        ],
        "calendar": calendar_rows(as_of.year + 2),
        "lineage": lineage_rows(),
        "departments": [{"department_id": d.id, "department_name": d.name, "crm": d.crm} for d in settings.departments],
        "crm_settings": [
            {"crm": crm, "order_amounts": s.order_amounts, "cash_source": s.cash, "receivables_source": s.receivables}
            for crm, s in settings.crm.items()
        ],
        "pulls": [
            {
                name: naive(value) if isinstance(value := getattr(manifest, name), datetime) else value
                for name in INPUT_SCHEMAS["pulls"].names
            }
            for manifest in manifests
        ],
    }
    for name, schema in INPUT_SCHEMAS.items():
        _write(build / "inputs" / f"{name}.parquet", schema, rows.get(name, []))
    write_customers(build.parent / "lake", build, as_of, naive(known_at), quarantine)
