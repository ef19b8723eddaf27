"""The world that is calculated: seeded in SQL, straight into tables shaped as `core.commission_*`.

Payees come in closed teams of ten whose first is the manager of the others, so a slice of whole teams is a world of its own.
What to add here: another kind of fact that the measured rules read. What belongs elsewhere: who calculates (`contestants.py`).
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import yaml

from commission.plan import PLAN_TERM_COLUMNS, Plan, load_plan_text, plan_rows
from commission.tables import TABLES
from tests.commission_sql.database import ELSEWHERE, ENTRY_COLUMNS, MODELS, PROJECT, compiled

AS_OF, BEGIN, DAYS = "2026-12-31", "2025-01-01", 730
TEAM = 10
# Every model from the plan's terms to what is published, but for those that also read receivables, disputes and made-of rows.
NIGHTLY = (
    *MODELS,
    *("commission_lines", "commission_by_payee_month", "commission_balances"),
    *("commission_payables", "commission_restated", "commission_statements"),
)
PLAN = """
plan: p
version: 1
title: 办法
valid: {from: 2025-01-01, to: 2026-12-31}
currency: CNY
approved_by: [{role: finance, id: E901, at: 2024-12-01}]
accepted_by: signatures/p.csv
fx: {rate: event_date, type: SAFE_mid, lock: true}
components:
  - id: base
    event: cash_applied
    accumulate: quarter
    rate: {kind: marginal, boundary: lower_inclusive, table: [{from: 0, to: 100000, rate: 0.010},
           {from: 100000, to: 300000, rate: 0.015}, {from: 300000, rate: 0.025}]}
  - id: override
    event: cash_applied
    accumulate: quarter
    credit: {override: {levels: 1}}
    rate: {kind: marginal, boundary: lower_inclusive, table: [{from: 0, to: 1000000, rate: 0.002}, {from: 1000000, rate: 0.003}]}
"""
DEFAULTS = {"boolean": "true", "text": "''", "decimal(38,10)": "0"}


def plan() -> Plan:
    """The plan that all are under: marginal by quarter, and the same for managers."""
    return load_plan_text(PLAN)


def _told(seed: int, events: int, payees: int) -> dict[str, str]:
    """A query by table; a table that is not named here is empty."""

    def drawn(number: str, what: str, below: int | str) -> str:
        return f"cast(hash({number}, '{what}', {seed}) % {below} as bigint)"

    orders = f"""
        select range as order_no, {drawn("range", "owner", payees)} as owner,
            {drawn("range", "split", 100)} < 20 as is_split, {drawn("range", "overlay", 100)} < 10 as is_overlaid,
            case when {drawn("range", "currency", 100)} < 5 then 'USD' else 'CNY' end as currency
        from range({(events + 3) // 4})"""
    beside = f"'E' || (owner - owner % {TEAM} + (owner + {{}}) % {TEAM})"
    return {
        "commission_events": f"""
            select 'P' || range as event_id, 'cash_applied' as event_type, 'O' || order_no as transaction_id,
                'any' as grain, currency,
                date '{BEGIN}' + cast({drawn("range", "day", DAYS)} as integer) as event_date, event_date as bank_value_date,
                cast(100 + {drawn("range", "amount", 1_000_000)} / 100 as decimal(18, 2)) as amount_ex_tax,
                amount_ex_tax as amount_incl_tax, 'E' || owner as owner_at_signature, 'E' || owner as owner_at_event
            from range({events}) inner join ({orders}) on range // 4 = order_no""",
        "commission_splits": f"""
            select 'O' || order_no as transaction_id, payee_no, share, is_overlay from (
                select order_no, 'E' || owner as payee_no, 0.6 as share, false as is_overlay from ({orders}) where is_split
                union all select order_no, {beside.format(1)}, 0.4, false from ({orders}) where is_split
                union all select order_no, {beside.format(2)}, 0.2, true from ({orders}) where is_overlaid)""",
        "commission_people": f"""
            select 'E' || range as payee_no, date '{BEGIN}' as valid_from,
                case when range % {TEAM} > 0 then 'E' || (range - range % {TEAM}) end as manager_no from range({payees})""",
        "commission_assignments": f"""
            select 'E' || range as payee_no, 'p' as plan_id, date '{BEGIN}' as valid_from from range({payees})""",
        "commission_fx_rates": f"""
            select 'SAFE_mid' as rate_type, 'USD' as currency, date '{BEGIN}' + cast(range as integer) as rate_date,
                cast(7 + {drawn("range", "rate", 30)} / 100 as decimal(9, 2)) as rate from range({DAYS})""",
    }


def connect(file: Path) -> duckdb.DuckDBPyConnection:
    """The file as catalog `warehouse`, with the settings of the night's profile."""
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))["quarterdeck"]["outputs"]["duckdb"]
    connection = duckdb.connect(config={"threads": profile["threads"]})
    for name, value in profile["settings"].items():
        connection.execute(f"set {name} = '{value}'")
    connection.execute(f"set temp_directory = '{file}.tmp'; attach '{file}' as warehouse; use warehouse")
    return connection


def build(folder: Path, seed: int, events: int, payees: int) -> None:
    """Fill the file, and compile the models beside it; the last day's events wait in `others.last_day`."""
    connection = connect(folder / "world.duckdb")
    for schema in ("core", "finance", "intermediate", "staging", "others"):
        connection.execute(f"create schema {schema}")
    told = _told(seed, events, payees)
    for name, columns in TABLES.items():
        if name == "clocks":
            continue
        cells = ", ".join(
            f"cast({'null' if one.nullable else DEFAULTS.get(one.type, 'null')} as {one.type}) as {one.name}" for one in columns
        )
        connection.execute(f"create table core.{name} as select {cells} limit 0")
        if name in told:
            defaults = {one.name: DEFAULTS[one.type] for one in columns if not one.nullable and one.type in DEFAULTS}
            names = [row[0] for row in connection.execute(f"describe {told[name]}").fetchall()]
            rest = {column: default for column, default in defaults.items() if column not in names}
            connection.execute(
                f"insert into core.{name} ({', '.join([*names, *rest])}) "
                f"select {', '.join([*names, *rest.values()])} from ({told[name]})"
            )
    connection.execute(f"create table core.clocks as select date '{AS_OF}' as as_of, 1 as fiscal_year_start_month")
    connection.execute(f"create table others.last_day as select * from core.commission_events where event_date = date '{AS_OF}'")
    connection.execute(f"delete from core.commission_events where event_date = date '{AS_OF}'")
    _surroundings(connection)
    connection.close()
    (folder / "models.json").write_text(json.dumps(compiled(folder, NIGHTLY)), encoding="utf-8")


def _surroundings(connection: duckdb.DuckDBPyConnection) -> None:
    """The plan's terms, an empty ledger, and employees without a name."""
    names = ", ".join(f"{name} varchar" for name in PLAN_TERM_COLUMNS)
    connection.execute(f"create temp table texts ({names})")
    rows = [[row[name] for name in PLAN_TERM_COLUMNS] for row in plan_rows([plan()])]
    connection.executemany(f"insert into texts values ({', '.join('?' * len(PLAN_TERM_COLUMNS))})", rows)
    connection.execute(
        """create table staging.stg_company__plan_terms as select * replace (
        cast(plan_version as integer) as plan_version, cast(term_no as integer) as term_no, cast(part_no as integer) as part_no,
        cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to) from texts"""
    )
    entries = ", ".join(f"{name} {'decimal(18, 2)' if name == 'amount' else 'varchar'}" for name in ENTRY_COLUMNS)
    connection.execute(f"create table core.fct_commission_entries ({entries})")
    connection.execute(
        "create table core.dim_commission_periods (period varchar, state varchar, closed_at timestamp, paid_at timestamp, "
        "reviewed_by varchar, approved_by varchar, paid_by varchar, ledger_head varchar)"
    )
    for name, columns in ELSEWHERE.items():
        connection.execute(f"create table {name} ({', '.join(' '.join(column) for column in columns)})")
    connection.execute("insert into core.dim_employees select payee_no, payee_no, 'D1' from core.commission_people")
