"""The core tables of commission are the engine's facts: column for column, type for type, and readable as facts.

What to add here: what every fact table must keep.
What belongs elsewhere: the round trip of values (`tests/commission`), what the facts must say (`test_worked_cases.py`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from commission.tables import SCHEMA, TABLES, facts_of
from tests.dbt_project.build import PROJECT, reading, rows

DUCKDB = {
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "decimal(38,10)": "DECIMAL(38,10)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_the_fields_of_the_fact(worked: Path, table: str) -> None:
    found = dict(rows(worked, f"select column_name, column_type from (describe {SCHEMA}.{table})"))
    wanted = {column.name: DUCKDB[column.type] for column in TABLES[table]}
    assert {name: found.get(name) for name in wanted} == wanted
    if table != "clocks":
        assert list(found) == list(wanted)


@pytest.mark.parametrize("table", [name for name in TABLES if name != "clocks"])
def test_what_a_fact_cannot_do_without_is_there(demo: tuple[Path, Path], table: str) -> None:
    needed = [column.name for column in TABLES[table] if not column.nullable]
    conditions = " or ".join(f"{name} is null" for name in needed)
    assert rows(demo[0], f"select {', '.join(needed)} from {SCHEMA}.{table} where {conditions}") == []


def test_the_warehouse_reads_as_facts_and_orders_add_up(demo: tuple[Path, Path]) -> None:
    with reading(demo[0]) as connection:
        facts = facts_of(
            {
                table: connection.execute(f"select {', '.join(c.name for c in columns)} from {SCHEMA}.{table}").fetchall()
                for table, columns in TABLES.items()
            }
        )
        orders = dict(connection.execute("select order_key, net_amount from core.fct_orders where is_counted").fetchall())
    signed: dict[str, Decimal] = defaultdict(Decimal)
    for event in facts.events:
        if event.event_type == "signed" and event.original_event_id is None and event.grain != "line" and event.transaction_id:
            signed[event.transaction_id] += event.amount_ex_tax
    assert {key: amount for key, amount in signed.items() if key in orders} == orders
    assert {(len(facts.assignments) > 5), (len(facts.people) > 10), (len(facts.acceptances) > 5)} == {True}


def test_what_people_are_paid_is_read_by_no_report() -> None:
    manifest = json.loads((PROJECT / "target" / "manifest.json").read_text())
    tagged = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("personal") == "pay"
    }
    assert tagged == {"commission_wages", "commission_penalties"}
    readers = [
        path.relative_to(PROJECT.parent).as_posix()
        for folder in ("reports", "delivery")
        for path in (PROJECT.parent / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and any(name in path.read_text(errors="ignore") for name in tagged)
    ]
    assert readers == []
