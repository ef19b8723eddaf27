"""The worked examples and rules of the reference engine's tests as cases for SQL, each renamed so that all share one database.

Nothing to add here: a new test of the reference engine is a new case. What must be renamed is what two worlds may share.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from commission.engine import Facts
from commission.plan import Plan
from commission.plan.component import Filter
from tests.commission_sql.worlds import Case

ROOT = Path(__file__).parent.parent.parent
SOURCES = tuple(f"tests/commission/test_engine_{name}.py" for name in ("examples", "rules", "edges"))
NAMES = (
    *("payee_no", "manager_no", "leaver_no", "successor_no", "owner_at_signature", "owner_at_event"),
    *("transaction_id", "event_id", "original_event_id", "plan_id", "pool_id", "clause_id", "role"),
)


def worked_cases(home: Path) -> list[tuple[Case, str]]:
    """Every world those tests calculate, with the month it is calculated up to."""
    record = home / "worlds.pickle"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *SOURCES,
            "-q",
            "-n",
            "0",
            "-p",
            "tests.commission_sql.recording",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        env={**os.environ, "QUARTERDECK_RECORD": str(record), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    found = []
    for number, (plans, facts, through) in enumerate(pickle.loads(record.read_bytes())):  # noqa: S301 - written by ourselves
        # what is the whole company's (its year, its calendar) cannot differ between cases of one database
        if facts.fiscal_year_start_month == 1 and not facts.workdays:
            found.append((renamed(plans, facts, number), through))
    return found


def renamed(plans: Sequence[Plan], facts: Facts, number: int) -> Case:
    """The same world under names that no other case has."""
    return Case(number, tuple(_plan(plan, number) for plan in plans), _facts(facts, plans, number))


def _plan(plan: Plan, number: int) -> Plan:
    said: dict[str, Any] = {
        "plan": f"{plan.plan}{number}",
        "components": tuple(_component(one, number) for one in plan.components),
    }
    for name in ("pools", "penalties"):
        said[name] = tuple(one.model_copy(update={"id": f"{one.id}{number}"}) for one in getattr(plan, name))
    if plan.eligible is not None and plan.eligible.role is not None:
        said["eligible"] = plan.eligible.model_copy(update={"role": tuple(f"{role}{number}" for role in plan.eligible.role)})
    return plan.model_copy(update=said)


def _component(component: Any, number: int) -> Any:
    if not component.credit.overlays:
        return component
    overlays = tuple(
        one.model_copy(update={"payee": one.payee and f"{one.payee}{number}", "role": one.role and f"{one.role}{number}"})
        for one in component.credit.overlays
    )
    own = (component.filter or Filter()).model_copy(update={"crm": (f"k{number}",)})
    return component.model_copy(update={"credit": component.credit.model_copy(update={"overlays": overlays}), "filter": own})


def _facts(facts: Facts, plans: Sequence[Plan], number: int) -> Facts:
    home = {plan.currency for plan in plans}
    told: dict[str, Any] = {}
    for field in fields(facts):
        rows = getattr(facts, field.name)
        told[field.name] = tuple(_renamed(row, number, home) for row in rows) if isinstance(rows, tuple) else rows
    told["events"] = tuple(replace(event, crm=f"k{number}") for event in told["events"])
    return Facts(**told)


def _renamed(row: Any, number: int, home: set[str]) -> Any:
    names = {name: f"{value}{number}" for name in NAMES if (value := getattr(row, name, None)) is not None}
    if getattr(row, "currency", None) not in {None, *home}:
        names["currency"] = f"{row.currency}{number}"
    return replace(row, **names)
