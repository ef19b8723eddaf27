"""The two engines agree before anything is published or closed: SQL's earnings against the reference engine's, to the cent.

What to add here: a question asked of both engines.
What belongs elsewhere: which facts decide whose pay (`fingerprints.py`), the comparison (`commission/agreement.py`), columns of
the fact tables (`commission/tables.py`).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb

from commission.agreement import (
    Disagreement,
    LineDisagreement,
    LineKey,
    MonthKey,
    beneficiaries,
    disagreements,
    line_disagreements,
    sources,
)
from commission.engine import calculate
from commission.engine.facts import Facts
from commission.engine.results import Note
from commission.ledger import LedgerRefused
from commission.plan import Plan, load_plans
from commission.tables import SCHEMA, TABLES, facts_of
from pipelines.fingerprints import DAYS, DECISIVE, EVENTS, FIGURES, SPLITS, Prints, group_name, prints_of
from pipelines.publish import clocks_of
from pipelines.resources import Clocks, Home
from pipelines.warehouse import last_tables

SHOWN = 20
MONTHS = """
    select payee_no, plan_id, component_id, month, sum(amount)
    from finance.commission_earnings where plan_hash in (select unnest(?)) group by all
"""
EARNED_EVENTS = """
    select payee_no, plan_id, component_id, month, event_id, amount
    from finance.commission_earning_events where plan_hash in (select unnest(?)) and payee_no in (select unnest(?))
"""


LINES = """
    select payee_no, plan_id, coalesce(component_id, ''), entry_type, origin_period, posting_period, sum(amount)
    from (
        select payee_no, plan_id, plan_hash, component_id, entry_type, origin_period, posting_period, amount
        from intermediate.int_commission_guards
        union all
        select payee_no, plan_id, plan_hash, component_id, entry_type, origin_period, posting_period, amount
        from intermediate.int_commission_awards
    ) where plan_hash in (select unnest(?)) group by all
"""
HAS_LINES = "select count(*) = 2 from duckdb_tables() where table_name in ('int_commission_guards', 'int_commission_awards')"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one comparison covered and found."""

    payees: int
    events: int
    months: int
    found: list[Disagreement | LineDisagreement]
    notes: tuple[Note, ...] = ()
    dated: Mapping[str, str] = field(default_factory=dict)  # of each event its month
    told: Mapping[str, str] = field(default_factory=dict)  # of each event and order that a note is about: what a person calls it

    def to_review(self, month: str) -> dict[str, list[str]]:
        """What a person must look at before that month is believed, by rule: not paid, not known, not in time."""
        found: dict[str, list[str]] = {}
        for note in self.notes:
            named = re.search(r"\d{4}-\d{2}$", note.subject)
            if self.dated.get(note.subject, named[0] if named else month) == month:
                found.setdefault(note.rule, []).append(f"{self.told.get(note.subject, note.subject)}: {note.message}")
        return found


def verify(warehouse: Path, plans: Iterable[Plan], through: str, kept: Prints | None = None) -> tuple[Asked, Prints]:
    """Compare the engines on a built warehouse: on payees whose facts differ from `kept`, without it on everybody."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        known = {row[0] for row in connection.execute("select distinct plan_hash from core.dim_plan_tiers").fetchall()}
        plans = sorted((plan for plan in plans if plan.hash in known), key=lambda plan: (plan.plan, plan.version))
        decided = facts_of({table: _rows(connection, table) for table in DECISIVE})
        prints = prints_of(connection, plans, through)
        payees = to_ask(decided, plans, None if kept is None else kept.changed(prints))
        if payees is not None and not payees:
            return Asked(0, 0, 0, []), prints
        facts = _with_events(connection, decided, plans, payees)
        reference = calculate(plans, facts, through)
        hashes = [plan.hash for plan in plans]
        months: dict[MonthKey, Decimal] = {tuple(row[:4]): row[4] for row in connection.execute(MONTHS, [hashes]).fetchall()}
        found = disagreements(reference, months, [], payees)
        if found:
            people = sorted({one.payee_no for one in found})
            found = disagreements(reference, months, connection.execute(EARNED_EVENTS, [hashes, people]).fetchall(), payees)
        elif connection.execute(HAS_LINES).fetchone()[0]:
            lines: dict[LineKey, Decimal] = {tuple(row[:6]): row[6] for row in connection.execute(LINES, [hashes]).fetchall()}
            found = line_disagreements(reference, lines, payees)
        told = _told(connection, facts, {note.subject for note in reference.notes})
    asked = {one.payee_no for one in facts.assignments} if payees is None else payees
    dated = {event.event_id: f"{event.event_date:%Y-%m}" for event in facts.events}
    return Asked(len(asked), len(facts.events), len(reference.earnings), found, tuple(reference.notes), dated, told), prints


def _told(connection: duckdb.DuckDBPyConnection, facts: Facts, subjects: Collection[str]) -> dict[str, str]:
    """Events and orders in the words of people: whose, when, what happened to which order."""
    events = [one for one in facts.events if one.event_id in subjects]
    orders = {one.transaction_id for one in events if one.transaction_id} | {*subjects}
    rows = connection.execute(
        "select order_key, crm || ' ' || coalesce(order_no, order_id) from core.fct_orders where order_key in (select unnest(?))",
        [sorted(orders)],
    ).fetchall()
    named = {key: f"order {name}" for key, name in rows}
    return named | {
        one.event_id: f"{one.owner_at_event or one.owner_at_signature or 'nobody'} {one.event_date} {one.event_type} "
        + (named.get(one.transaction_id or "") or f"of {one.amount_incl_tax:f} {one.currency}, no order")
        for one in events
    }


def to_ask(decided: Facts, plans: Sequence[Plan], changed: Collection[str] | None) -> frozenset[str] | None:
    """Payees who may earn otherwise since these persons' facts changed; None: everybody."""
    if changed is None:
        return None
    found = beneficiaries(plans, decided, changed)
    for plan in plans:  # a budget that is spent, a rank and a pool are those of all under the plan
        if plan.spiffs or plan.award or plan.pools:
            under = {one.payee_no for one in decided.assignments if one.plan_id == plan.plan}
            groups = {group_name("plan_id", plan.plan), *(group_name("pool_id", pool.id) for pool in plan.pools)}
            found |= under if under & found or groups & {*changed} else frozenset()
    return found


def _rows(connection: duckdb.DuckDBPyConnection, table: str, condition: str = "", values: list[object] | None = None) -> list:
    columns = ", ".join(column.name for column in TABLES[table])
    return connection.execute(f"select {columns} from {SCHEMA}.{table} {condition}", values or []).fetchall()


def _with_events(
    connection: duckdb.DuckDBPyConnection, decided: Facts, plans: list[Plan], payees: Collection[str] | None
) -> Facts:
    """The decisive facts with the events that plans may read, of the people who may pay these payees, and their originals."""
    parts = [*(part for plan in plans for part in plan.components), *(spiff for plan in plans for spiff in plan.spiffs)]
    owners = None if payees is None else sources(plans, decided, payees)
    conditions, values = ["event_type in (select unnest(?))", "grain in (select unnest(?))", LAST_DAY + " >= ?"], [
        sorted({part.event for part in parts}),
        ["any", *sorted({part.grain for part in parts})],
        min((plan.valid.start for plan in plans), default=None),
    ]
    if owners is not None:
        conditions.append(OWNED)
        values += [sorted(owners)] * 5
    rows = _rows(connection, EVENTS, f"where {' and '.join(conditions)}", values)
    place = {column.name: number for number, column in enumerate(TABLES[EVENTS])}
    here = {row[place["event_id"]] for row in rows}
    originals = {row[place["original_event_id"]] for row in rows} - here - {None}
    if originals:
        rows += _rows(connection, EVENTS, "where event_id in (select unnest(?))", [sorted(originals)])
    figures = _rows(connection, FIGURES) if _reads_figures(plans) else []
    read = facts_of({EVENTS: rows, FIGURES: figures})
    assigned = tuple(one for one in decided.assignments if payees is None or one.payee_no in payees)
    return replace(decided, events=read.events, figures=read.figures, assignments=assigned)


# The latest day by which any plan could date the event: nothing before a plan's first day can earn under it.
LAST_DAY = f"greatest({', '.join(DAYS)})"
OWNED = f"""(
    owner_at_signature in (select unnest(?)) or owner_at_event in (select unnest(?))
    or transaction_id in (select transaction_id from {SCHEMA}.{SPLITS} where payee_no in (select unnest(?)))
    or original_event_id in (
        select event_id from {SCHEMA}.{EVENTS}
        where owner_at_signature in (select unnest(?)) or owner_at_event in (select unnest(?))
    )
)"""


def _reads_figures(plans: Iterable[Plan]) -> bool:
    return any(plan.gates or plan.award for plan in plans)


def plans_of(home: Home) -> list[Plan]:
    """The plans of the company folder; none where there is no folder of plans."""
    folder = home.company_folder / "plans"
    return load_plans(folder) if folder.is_dir() else []


def must_agree(home: Home, warehouse: Path, through: str) -> Asked:
    """Everything asked of a warehouse that a close is about to post from; stops at any difference, naming each."""
    built = home.build / "warehouse.duckdb"
    is_same = built.exists() and clocks_of(built) == clocks_of(warehouse)  # what readers have lacks the steps between
    asked = _asked_before(built if is_same else warehouse, plans_of(home), through)
    if asked.found:
        raise LedgerRefused("not closed, the two commission engines differ. " + "; ".join(map(str, asked.found[:SHOWN])))
    return asked


_answers: dict[tuple[object, ...], Asked] = {}  # the last one


def _asked_before(warehouse: Path, plans: list[Plan], through: str) -> Asked:
    """The comparison of everybody; months closed one after the other on one warehouse ask the very same question."""
    file = warehouse.stat()
    question = (warehouse, file.st_ino, file.st_size, file.st_mtime_ns, through, *(plan.hash for plan in plans))
    if question not in _answers:
        asked, _ = verify(warehouse, plans, through)
        _answers.clear()
        _answers[question] = asked
    return _answers[question]


# Blocking in the middle of the dbt graph would cut its one step in pieces, so the check stands on a table that no model reads.
STANDS_ON = min(key for key in last_tables if key.path[0] == "finance" and key.path[1].startswith("commission"))


@dg.asset_check(
    asset=STANDS_ON,
    name="both_engines_agree",
    blocking=True,
    description="提成复算: the reference engine earns every payee what SQL earned, by component and month, to the cent.",
)
def both_engines_agree(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> dg.AssetCheckResult:
    """Compare the engines on the warehouse that was just built."""
    clock = clocks.of(context, home.settings.time_zone)
    is_replay = home.is_replay(clock)
    path = home.validation / "engines_agreed.json"
    asked, prints = verify(
        home.building(clock) / "warehouse.duckdb",
        plans_of(home),
        f"{clock.as_of:%Y-%m}",
        None if is_replay else Prints.kept(path),
    )
    if not asked.found and not is_replay:
        prints.keep(path)
    return dg.AssetCheckResult(
        passed=not asked.found,
        metadata={
            "payees asked": asked.payees,
            "events read": asked.events,
            "months compared": asked.months,
            **({"differences": dg.MetadataValue.json([str(one) for one in asked.found[:SHOWN]])} if asked.found else {}),
        },
    )
