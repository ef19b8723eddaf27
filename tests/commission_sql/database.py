"""The commission models as dbt compiles them, on tables filled from plain facts: no lake, no pipeline, hundreds of cases at once.

Add a model to MODELS in the order in which they build; what a case looks like is `worlds`, what must come out is in the tests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from commission.plan import PLAN_TERM_COLUMNS, Plan, plan_rows
from commission.tables import TABLES

PROJECT = Path(__file__).parent.parent.parent / "dbt_project"
MODELS = (
    "int_plan_components",
    "int_plan_rules",
    "dim_plan_tiers",
    "commission_credits",
    "commission_earning_events",
    "commission_earnings",
    "int_commission_awards",
    "int_commission_months",
    "int_commission_guards",
    "int_commission_settled",
)
# What finance reads of it; built where a test asks for it.
FINANCE = ("commission_lines", "commission_by_payee_month", "commission_payables", "commission_balances")
ENTRY_COLUMNS = (
    "entry_id",
    "entry_type",
    "payee_no",
    "plan_id",
    "plan_hash",
    "component_id",
    "component_name",
    "origin_period",
    "posting_period",
    "amount",
    "reason",
    "reverses_id",
    "data_as_of",
    "approved_by",
    "evidence",
    "decision_id",
    "posted_at",
    "prev_entry_hash",
    "entry_hash",
)
ELSEWHERE = {
    "core.dim_employees": [(name, "text") for name in ("employee_no", "name", "department_id")],
    "intermediate.int_commission_reasons": [
        (name, "text") for name in ("payee_no", "plan_id", "component_id", "origin_period", "entry_type", "reason")
    ],
    "intermediate.int_commission_decisions": [
        *(
            (name, "text")
            for name in ("kind", "decision_id", "entry_type", "payee_no", "plan_id", "component_id", "origin_period")
        ),
        *((name, "text") for name in ("posting_period", "reason", "evidence", "signatures")),
        ("decided_on", "date"),
        ("amount", "decimal(38,10)"),
    ],
}
ARROW = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "decimal(38,10)": pa.decimal128(38, 10),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def compiled(home: Path, models: Sequence[str] = (*MODELS, *FINANCE)) -> dict[str, str]:
    """The models' SQL, compiled once by dbt itself: schema.table by model."""
    surroundings = {
        "QUARTERDECK_LAKE": str(home / "lake"),
        "QUARTERDECK_BUILD": str(home / "build"),
        "QUARTERDECK_WAREHOUSE": str(home / "build" / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "DO_NOT_TRACK": "1",
    }
    (home / "build").mkdir(parents=True, exist_ok=True)
    with mock.patch.dict(os.environ, surroundings):
        result = dbtRunner().invoke(
            [
                *("--quiet", "--no-write-json", "--log-level-file", "none", "compile", "--no-introspect"),
                *("--select", *models, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            ]
        )
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None
    assert result.success, result.exception or [f"{one.node.name}: {one.message}" for one in result.result]
    return {one.node.name: f"create table {one.node.relation_name} as {one.node.compiled_code}" for one in result.result}


class Database:
    """One DuckDB with core filled from plans and facts; `build` runs the models over them."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as warehouse; use warehouse")
        for schema in ("core", "finance", "intermediate", "staging"):
            self.connection.execute(f"create schema warehouse.{schema}")

    def fill(self, plans: Sequence[Plan], tables: Mapping[str, Sequence[tuple[Any, ...]]], as_of: str) -> None:
        """The plans' terms and every fact."""
        terms = [tuple(row[name] for name in PLAN_TERM_COLUMNS) for row in plan_rows(plans)]
        self._table("texts", [(name, "text") for name in PLAN_TERM_COLUMNS], terms)
        self.connection.execute(
            """create table staging.stg_company__plan_terms as select * replace (
            cast(plan_version as integer) as plan_version,
            cast(term_no as integer) as term_no, cast(part_no as integer) as part_no,
            cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to) from texts"""
        )
        for name, columns in TABLES.items():
            if name != "clocks":
                self._table(f"core.{name}", [(column.name, column.type) for column in columns], tables.get(name, ()))
        (start,) = tables["clocks"][0]
        self.connection.execute(
            "create table core.clocks as select cast(? as date) as as_of, cast(? as integer) as fiscal_year_start_month",
            [as_of, start],
        )

    def tell_anew(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Other facts in the place of one table's."""
        self.connection.execute(f"drop table core.{name}")
        self._table(f"core.{name}", [(column.name, column.type) for column in TABLES[name]], rows)

    def post(self, entries: Sequence[Mapping[str, Any]], closed_at: Mapping[str, datetime]) -> None:
        """What stands in the ledger, and which months are closed since when."""
        rows = [tuple(None if (value := one.get(name)) is None else str(value) for name in ENTRY_COLUMNS) for one in entries]
        self._table("core.fct_commission_entries", [(name, "text") for name in ENTRY_COLUMNS], rows)
        self.connection.execute("alter table core.fct_commission_entries alter amount type decimal(18, 2)")
        self._table("core.dim_commission_periods", [("period", "text"), ("closed_at", "timestamp")], list(closed_at.items()))
        self.connection.execute("alter table core.dim_commission_periods add column state varchar default 'closed'")
        for name in ("reviewed_by", "approved_by", "paid_by", "paid_at"):
            self.connection.execute(f"alter table core.dim_commission_periods add column {name} varchar")
        # what people decide by hand, and why a closed month differs, are finance's models; here nothing was decided
        for name, columns in ELSEWHERE.items():
            self._table(name, columns, ())

    def build(self, models: Mapping[str, str], *names: str) -> None:
        """Run these models, or all that there are."""
        for name in names or [name for name in MODELS if name in models]:
            self.connection.execute(models[name])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql).fetchall()

    def _table(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[tuple[Any, ...]]) -> None:
        schema = pa.schema([pa.field(column, ARROW[kind]) for column, kind in columns])
        arrays = [pa.array([row[place] for row in rows], type=ARROW[kind]) for place, (_, kind) in enumerate(columns)]
        told = pa.Table.from_arrays(arrays, schema=schema)
        self.connection.register("told", told)
        self.connection.execute(f"create table {name} as select * from told")
        self.connection.unregister("told")
