"""From raw tables to the published warehouse: what a run hands to dbt, the dbt build, the swap.

What to add here: an input that every model may need. What belongs elsewhere: models (`dbt_project/`), doors (`checks.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
from dagster_dbt import DbtProject, dbt_assets

from commission.ledger import Ledger
from expectations.validate import read_validations, quarantine_rows
from pipelines.dbt_runner import run_dbt
from pipelines.publish import READER_SCHEMAS, publish
from pipelines.raw import raw_keys
from pipelines.resources import Clock, Clocks, Home

project = DbtProject(project_dir=Path(__file__).parent.parent / "dbt_project")

TEXT, TIME, COUNT = pa.string(), pa.timestamp("us"), pa.int64()
SCHEMAS: dict[str, pa.Schema] = {
    "clocks": pa.schema([
        ("as_of", pa.date32()), ("known_at", TIME), ("time_zone", TEXT), ("currency_code", TEXT), ("company_name", TEXT),
    ]),
    "departments": pa.schema([("department_id", TEXT), ("department_name", TEXT), ("crm", TEXT)]),
    "crm_settings": pa.schema([("crm", TEXT), ("order_amounts", TEXT), ("cash_source", TEXT), ("receivables_source", TEXT)]),
    "pulls": pa.schema([
        ("source", TEXT), ("object", TEXT), ("pull_id", TEXT), ("run_id", TEXT), ("kind", TEXT), ("pulled_at", TIME),
        ("window_start", TIME), ("window_end", TIME), ("pages", COUNT), ("records", COUNT), ("versions", COUNT), ("deleted", COUNT),
        ("sha256", TEXT), ("started_at", TIME), ("finished_at", TIME),
    ]),
    "quarantine": pa.schema([
        ("source", TEXT), ("object", TEXT), ("key", TEXT), ("record_hash", TEXT), ("rule", TEXT), ("reason", TEXT),
        ("first_seen_at", TIME), ("last_seen_at", TIME),
    ]),
    "validations": pa.schema([
        ("suite", TEXT), ("source", TEXT), ("object", TEXT), ("rule", TEXT), ("severity", TEXT), ("is_passed", pa.bool_()),
        ("checked_count", COUNT), ("failed_count", COUNT),
    ]),
    "commission_ledger": pa.schema([
        *((name, TEXT) for name in (
            "entry_id", "entry_type", "payee_no", "component_id", "component_name", "plan_id", "plan_hash", "code_hash",
            "origin_period", "posting_period",
        )),
        ("amount", pa.decimal128(18, 2)),
        *((name, TEXT) for name in ("reason", "reverses_id")),
        ("data_as_of", pa.date32()), ("approved_by", TEXT), ("posted_at", TIME), ("prev_entry_hash", TEXT), ("entry_hash", TEXT),
    ]),
    "period_status": pa.schema([("period", TEXT), ("state", TEXT), ("closed_at", TIME), ("ledger_head", TEXT)]),
}
DESCRIPTIONS = {
    "clocks": "The run's two clocks and the company they are read for: one row.",
    "departments": "Departments of company.yaml, and the CRM each works in.",
    "crm_settings": "What each CRM's amounts mean and where its cash and receivables come from.",
    "pulls": "Every manifest of the lake that the run may see.",
    "quarantine": "Rows that broke a row rule at the door, with the rule and the reason.",
    "validations": "What the door in checked tonight, a row a rule.",
    "commission_ledger": "Entries of the commission ledger posted at or before known_at.",
    "period_status": "Which commission months are closed, and the ledger's head at each close.",
}
OF_THE_RUN = {"pulls", "quarantine", "validations"}
OF_THE_LEDGER = {"commission_ledger", "period_status"}

ledger_origin = dg.AssetSpec(
    ["source", "commission_ledger"], group_name="source", kinds={"file"}, owners=["team:finance"],
    description="提成台账: the append-only, hash-chained ledger that closing a month writes; durable outside the warehouse.",
)


def _deps(name: str) -> list[dg.AssetKey]:
    if name in OF_THE_RUN:
        return raw_keys("zoho", "fxiaoke", "company")
    return [dg.AssetKey(["source", "commission_ledger" if name in OF_THE_LEDGER else "company"])]


def _rows(name: str, home: Home, clock: Clock) -> list[dict[str, Any]]:
    known_at = clock.known_at.astimezone(UTC).replace(tzinfo=None)

    def clocks() -> list[dict[str, Any]]:
        settings = home.load_company().settings
        return [{"as_of": clock.as_of, "known_at": known_at, "time_zone": settings.time_zone,
                 "currency_code": settings.currency, "company_name": settings.name}]

    def pulls() -> list[dict[str, Any]]:
        return [{field.name: _naive(getattr(manifest, field.name)) for field in SCHEMAS["pulls"]}
                for manifest in home.lake.manifests(clock.known_at)]

    ways: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "clocks": clocks,
        "departments": lambda: [
            {"department_id": d.id, "department_name": d.name, "crm": d.crm} for d in home.load_company().settings.departments
        ],
        "crm_settings": lambda: [
            {"crm": crm, "order_amounts": s.order_amounts, "cash_source": s.cash, "receivables_source": s.receivables}
            for crm, s in home.load_company().settings.crm.items()
        ],
        "pulls": pulls,
        "quarantine": lambda: quarantine_rows(read_validations(home.validation / "door_in"), known_at),
        "validations": lambda: [row for validation in read_validations(home.validation / "door_in") for row in validation.rule_rows()],
        "commission_ledger": lambda: [_entry(entry) for entry in Ledger(home.ledger).entries(clock.known_at)],
        "period_status": lambda: [_entry(period) for period in Ledger(home.ledger).periods(clock.known_at)],
    }
    return ways[name]()


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value


def _entry(record: Any) -> dict[str, Any]:
    return {name: _naive(value) for name, value in record.as_row().items()}


@dg.multi_asset(
    name="run_inputs", can_subset=True,
    specs=[
        dg.AssetSpec(["raw_ops", name], deps=_deps(name), description=DESCRIPTIONS[name], group_name="raw_ops",
                     kinds={"parquet"}, owners=["team:data"])
        for name in SCHEMAS
    ],
)
def run_inputs(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.MaterializeResult]:
    """Write what this run hands to dbt beside the lake: the clocks, the pulls it may see, the quarantine, the ledger."""
    clock = clocks.of(context, home.load_company().settings.time_zone)
    home.inputs.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        if dg.AssetKey(["raw_ops", name]) not in context.selected_asset_keys:
            continue
        table = pa.Table.from_pylist(_rows(name, home, clock), schema=SCHEMAS[name])
        target = home.inputs / f"{name}.parquet"
        pq.write_table(table, target.with_suffix(".part"))
        target.with_suffix(".part").replace(target)
        yield dg.MaterializeResult(["raw_ops", name], metadata={"dagster/row_count": table.num_rows})


@dbt_assets(manifest=project.manifest_path, project=project, name="dbt_build")
def warehouse(context: dg.AssetExecutionContext, home: Home):
    """Build the warehouse with dbt in a file of its own; the published one is not touched."""
    home.build.mkdir(parents=True, exist_ok=True)
    if not context.is_subset:
        home.warehouse.unlink(missing_ok=True)
    yield from run_dbt(context, project, ["build"], home.dbt_environment())


reader_tables = sorted(key for key in warehouse.keys if key.path[0] in READER_SCHEMAS)


@dg.asset(key=["published", "warehouse"], deps=reader_tables, group_name="published", kinds={"duckdb"}, owners=["team:data"])
def published_warehouse(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """The warehouse readers open: replaced in one step, only when every blocking check held; the former ones are kept."""
    clock = clocks.of(context, home.load_company().settings.time_zone)
    kept, is_live = publish(home.warehouse, home.published, home.archive, clock.as_of, clock.known_at)
    return dg.MaterializeResult(metadata={
        "as_of": str(clock.as_of), "known_at": clock.known_at.isoformat(), "archived": kept.name, "is_live": is_live,
    })
