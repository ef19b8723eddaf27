"""What a run hands to dbt beside the lake: its clocks and calendar, the company's settings, the doors' findings, the ledger.

What to add here: an input that every model may need. What belongs elsewhere: models (`dbt_project/`), the build (`warehouse.py`).
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from commission.ledger import Entry, Ledger, PeriodStatus
from expectations.validate import QUARANTINE_SCHEMA, VALIDATIONS_SCHEMA
from identity import tables as identity
from pipelines.dbt_runner import project
from pipelines.publish import READER_SCHEMAS
from pipelines.raw import raw_keys
from pipelines.reports import code_hash
from pipelines.resources import Clock, Clocks, Home
from pipelines.work_calendar import calendar_rows

TEXT, TIME, COUNT = pa.string(), pa.timestamp("us"), pa.int64()
SCHEMAS: dict[str, pa.Schema] = {
    "clocks": pa.schema(
        [
            ("as_of", pa.date32()),
            ("known_at", TIME),
            ("time_zone", TEXT),
            ("currency_code", TEXT),
            ("company_name", TEXT),
            ("fiscal_year_start_month", pa.int32()),
        ]
    ),
    "calendar": pa.schema([("date_day", pa.date32()), ("is_workday", pa.bool_()), ("holiday_name", TEXT), ("known_by", TEXT)]),
    "departments": pa.schema([("department_id", TEXT), ("department_name", TEXT), ("crm", TEXT)]),
    "crm_settings": pa.schema([("crm", TEXT), ("order_amounts", TEXT), ("cash_source", TEXT), ("receivables_source", TEXT)]),
    "pulls": pa.schema(
        [
            ("source", TEXT),
            ("object", TEXT),
            ("pull_id", TEXT),
            ("run_id", TEXT),
            ("kind", TEXT),
            ("pulled_at", TIME),
            ("window_start", TIME),
            ("window_end", TIME),
            ("pages", COUNT),
            ("records", COUNT),
            ("versions", COUNT),
            ("deleted", COUNT),
            ("sha256", TEXT),
            ("started_at", TIME),
            ("finished_at", TIME),
        ]
    ),
    "quarantine": QUARANTINE_SCHEMA,
    "customer_accounts": identity.ACCOUNTS,
    "customer_questions": identity.QUESTIONS,
    "validations": VALIDATIONS_SCHEMA,
    "lineage": pa.schema([(name, TEXT) for name in ("schema_name", "table_name", "source", "object")]),
    "commission_ledger": pa.schema(
        [
            *(
                (name, TEXT)
                for name in (
                    "entry_id",
                    "entry_type",
                    "payee_no",
                    "component_id",
                    "component_name",
                    "plan_id",
                    "plan_hash",
                    "code_hash",
                    "origin_period",
                    "posting_period",
                )
            ),
            ("amount", pa.decimal128(18, 2)),
            *((name, TEXT) for name in ("reason", "reverses_id")),
            ("data_as_of", pa.date32()),
            ("approved_by", TEXT),
            ("evidence", TEXT),
            ("decision_id", TEXT),
            ("posted_at", TIME),
            ("prev_entry_hash", TEXT),
            ("entry_hash", TEXT),
        ]
    ),
    "period_status": pa.schema(
        [
            ("period", TEXT),
            ("state", TEXT),
            ("closed_at", TIME),
            ("paid_at", TIME),
            ("reviewed_by", TEXT),
            ("approved_by", TEXT),
            ("paid_by", TEXT),
            ("ledger_head", TEXT),
        ]
    ),
    "commission_made_of": pa.schema(
        [
            *((name, TEXT) for name in ("posting_period", "event_id", "payee_no", "plan_id", "plan_hash", "component_id")),
            *((name, TEXT) for name in ("month", "window_period", "customer_key")),
            ("fx_rate", pa.decimal128(18, 10)),
            ("share", pa.decimal128(9, 6)),
            ("base_amount", pa.decimal128(38, 10)),
            ("amount", pa.decimal128(18, 2)),
            ("is_by_this_code", pa.bool_()),
        ]
    ),
}
DESCRIPTIONS = {
    "clocks": "The run's two clocks and the company they are read for: one row.",
    "calendar": "Which days people work in China, make-up days included, to the end of the year after next.",
    "departments": "Departments of company.yaml, and the CRM each works in.",
    "crm_settings": "What each CRM's amounts mean and where its cash and receivables come from.",
    "pulls": "Every manifest of the lake that the run may see.",
    "quarantine": "Rows that broke a row rule at the door, with the rule and the reason.",
    "customer_accounts": "Which account belonged to which customer when, by which rule.",
    "customer_questions": "Pairs of accounts that may be one customer: a person decides, in customer_links.",
    "validations": "What the door in checked tonight, a row a rule.",
    "lineage": "Which raw tables feed each published table, through every model between them.",
    "commission_ledger": "Entries of the commission ledger posted at or before known_at.",
    "period_status": "Which commission months are closed or paid, by whom, and the ledger's head at each close.",
    "commission_made_of": "The events each closed month's lines were made of, as the close kept them.",
}
OF_IDENTITY = ("customer_accounts", "customer_questions")
OF_THE_LEDGER = {"commission_ledger", "period_status", "commission_made_of"}

ledger_origin = dg.AssetSpec(
    ["source", "commission_ledger"],
    group_name="source",
    kinds={"file"},
    owners=["team:finance"],
    description="提成台账: the append-only, hash-chained ledger that closing a month writes; durable outside the warehouse.",
)


def _deps(name: str) -> list[dg.AssetKey]:
    raw = raw_keys("zoho", "fxiaoke", "company")
    if name == "pulls":
        return raw
    return [
        *raw,
        dg.AssetKey(["raw_ops", "pulls"]),
        *([dg.AssetKey(["source", "commission_ledger"])] if name in OF_THE_LEDGER else []),
    ]


def _rows(name: str, home: Home, clock: Clock) -> list[dict[str, Any]]:
    known_at = clock.known_at.astimezone(UTC).replace(tzinfo=None)

    def clocks() -> list[dict[str, Any]]:
        settings = home.settings
        return [
            {
                "as_of": clock.as_of,
                "known_at": known_at,
                "time_zone": settings.time_zone,
                "currency_code": settings.currency,
                "company_name": settings.name,
                "fiscal_year_start_month": settings.fiscal_year_start_month,
            }
        ]

    def pulls() -> list[dict[str, Any]]:
        return [
            {field.name: _naive(getattr(manifest, field.name)) for field in SCHEMAS["pulls"]}
            for manifest in home.lake.manifests(clock.known_at)
        ]

    ways: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "clocks": clocks,
        "calendar": lambda: calendar_rows(clock.as_of.year + 2),
        "departments": lambda: [
            {"department_id": d.id, "department_name": d.name, "crm": d.crm} for d in home.settings.departments
        ],
        "crm_settings": lambda: [
            {"crm": crm, "order_amounts": s.order_amounts, "cash_source": s.cash, "receivables_source": s.receivables}
            for crm, s in home.settings.crm.items()
        ],
        "pulls": pulls,
        "quarantine": lambda: _found_at_the_door(home, clock, "quarantine"),
        "validations": lambda: _found_at_the_door(home, clock, "validations"),
        "lineage": lineage_rows,
    }
    if name in OF_THE_LEDGER:
        return ledger_rows(name, Ledger(home.ledger), clock.known_at)
    return ways[name]()


@cache
def lineage_rows() -> list[dict[str, str]]:
    """Every raw table of a CRM or of the company behind each published table, as the dbt project draws its graph."""
    manifest = json.loads(project.manifest_path.read_text())
    parents, sources = manifest["parent_map"], manifest["sources"]

    @cache
    def behind(node: str) -> frozenset[str]:
        return frozenset([node]) if node in sources else frozenset().union(*(behind(parent) for parent in parents.get(node, ())))

    return [
        {
            "schema_name": node["schema"],
            "table_name": node["name"],
            "source": sources[raw]["schema"].removeprefix("raw_"),
            "object": sources[raw]["name"],
        }
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] in READER_SCHEMAS and node["config"]["materialized"] != "ephemeral"
        for raw in sorted(behind(name))
        if sources[raw]["schema"] != "raw_ops"
    ]


def ledger_rows(name: str, ledger: Ledger, known_at: datetime) -> list[dict[str, Any]]:
    """What a run is handed of the ledger: one of `OF_THE_LEDGER`."""
    if name == "commission_ledger":
        return [_entry(entry) for entry in ledger.entries(known_at)]
    return _periods(ledger, known_at) if name == "period_status" else list(_made_of(ledger, known_at))


def _periods(ledger: Ledger, known_at: datetime) -> list[dict[str, Any]]:
    """Every closed month with the steps that led to it and after it."""
    taken: dict[str, dict[str, PeriodStatus]] = {}
    for step in ledger.steps(known_at):
        taken.setdefault(step.period, {})[step.state] = step
    return [
        {
            "period": period,
            "state": "paid" if "paid" in steps else "closed",
            "closed_at": _naive(steps["closed"].at),
            "paid_at": _naive(steps["paid"].at) if "paid" in steps else None,
            **{f"{state}_by": steps[state].by if state in steps else None for state in ("reviewed", "approved", "paid")},
            "ledger_head": steps["closed"].ledger_head,
        }
        for period, steps in taken.items()
        if "closed" in steps
    ]


def _made_of(ledger: Ledger, known_at: datetime) -> Iterator[dict[str, Any]]:
    """What each closed month was made of, exact amounts as decimals; an event credited in two roles is one row."""
    columns = SCHEMAS["commission_made_of"]
    summed = ("share", "base_amount", "amount")
    entries, code = ledger.entries(known_at), code_hash("dbt_project/models", "dbt_project/macros")
    for period, closing in ledger.closings(known_at).items():
        is_by_this_code = {one.code_hash for one in entries if one.posting_period == period} == {code}
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in ledger.frozen(period, closing):
            row = {**row, "posting_period": period, "is_by_this_code": is_by_this_code}
            values = {name: row.get(name) for name in columns.names}
            exact = {n: Decimal(v) for n, v in values.items() if v is not None and pa.types.is_decimal(columns.field(n).type)}
            key = tuple(values[name] for name in ("event_id", "payee_no", "plan_id", "plan_hash", "component_id", "month"))
            before = rows.get(key)
            rows[key] = {**values, **exact, **({n: before[n] + exact[n] for n in summed} if before else {})}
        yield from rows.values()


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value


def _entry(entry: Entry) -> dict[str, Any]:
    row = {name: _naive(value) for name, value in entry.row().items()}
    return {**row, "data_as_of": date.fromisoformat(row["data_as_of"]) if row["data_as_of"] else None}


def _found_at_the_door(home: Home, clock: Clock, what: str) -> list[dict[str, Any]]:
    files = [home.found_by(clock) / f"{door}.{what}.parquet" for door in ("door_in", "door_in_pulls")]
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def who_is_who(home: Home, clock: Clock) -> dict[str, pa.Table]:
    """Customers of both CRMs as far as this run may know them."""
    aside = _found_at_the_door(home, clock, "quarantine")
    quarantined = [(row["key"], row["record_hash"]) for row in aside if row["object"] in identity.READ]
    from identity.history import told  # what it leans on costs half a second, and most commands do not need it
    from identity.records import RawLog

    log = RawLog(home.lake.root, home.settings.time_zone, quarantined=quarantined)
    found = told(log, clock.as_of, _naive(clock.known_at), home.path / "state" / "identity")
    return {"customer_accounts": found.accounts, "customer_questions": found.questions}


def _spec(name: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["raw_ops", name],
        deps=_deps(name),
        description=DESCRIPTIONS[name],
        group_name="raw_ops",
        kinds={"parquet"},
        owners=["team:data"],
    )


def _write(name: str, home: Home, clock: Clock, found: pa.Table | None = None) -> dg.MaterializeResult:
    table = pa.Table.from_pylist(_rows(name, home, clock), SCHEMAS[name]) if found is None else found
    target = home.building(clock) / "inputs" / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target.with_suffix(".part"))
    target.with_suffix(".part").replace(target)
    return dg.MaterializeResult(["raw_ops", name], metadata={"dagster/row_count": table.num_rows})


@dg.multi_asset(name="list_pulls", specs=[_spec("pulls")])
def pulls(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """List the pulls that the run may see; its checks ask whether each table is fresh and not suddenly small."""
    return _write("pulls", home, clocks.of(context, home.settings.time_zone))


@dg.multi_asset(name="run_inputs", can_subset=True, specs=[_spec(name) for name in SCHEMAS if name != "pulls"])
def run_inputs(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.MaterializeResult]:
    """Write what this run hands to dbt beside the lake: the clocks, the quarantine, the ledger, the company's settings."""
    clock = clocks.of(context, home.settings.time_zone)
    if lost := lost_closings(home):
        raise dg.Failure(
            f"The commission ledger in {home.ledger} lacks what was published from it: {', '.join(lost)}. "
            "Bring it back from your backup; nothing was built."
        )
    wanted = [name for name in SCHEMAS if dg.AssetKey(["raw_ops", name]) in context.selected_asset_keys]
    found = who_is_who(home, clock) if set(wanted) & set(OF_IDENTITY) else {}
    for name in wanted:
        yield _write(name, home, clock, found.get(name))


def lost_closings(home: Home) -> list[str]:
    """Months that readers see as closed and that the ledger no longer knows, or closed otherwise."""
    if not home.published.exists():
        return []
    with duckdb.connect(str(home.published), read_only=True) as connection:
        shown = connection.execute(
            "select period, ledger_head from core.dim_commission_periods where state in ('closed', 'paid')"
        ).fetchall()
    closings = Ledger(home.ledger).closings()
    return [period for period, head in shown if period not in closings or closings[period].ledger_head != head]
