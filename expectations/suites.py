"""The suites as people wrote them, readable in milliseconds: Great Expectations itself is not imported here.

What to add here: what a rule may say about itself (name, kind, severity, notes).
What belongs elsewhere: the rules (`<schema>/<table>.yaml`), running them (`validate.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
DOOR_IN = ("raw_zoho", "raw_fxiaoke", "raw_company", "raw_ops")
DOOR_OUT = ("published",)
EVERY_RAW_TABLE = "every_raw_table.yaml"  # rules that each suite of a CRM or of the company starts with
VERSION_KEY = ("key", "record_hash", "pulled_at")  # what names one version of a raw row


class Severity(StrEnum):
    """What a failing rule asks of us."""

    CRITICAL = "critical"  # a row goes to quarantine; a table stops the run
    WARNING = "warning"  # somebody looks
    INFO = "info"  # good to know


class Kind(StrEnum):
    """Whether a rule speaks of single rows or of the table as a whole."""

    ROW = "row"
    TABLE = "table"


class SuiteError(Exception):
    """A suite file that cannot be used: which file, which entry, what to do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation: what must be true, of what, how bad it is when it is not, and why."""

    name: str  # stable: the asset check, the page, the quarantine all use it
    type: str
    kwargs: Mapping[str, Any]
    kind: Kind
    severity: Severity
    notes: str

    @property
    def is_blocking(self) -> bool:
        """Whether the run stops when it fails."""
        return self.kind is Kind.TABLE and self.severity is Severity.CRITICAL

    @property
    def quarantines(self) -> bool:
        """Whether a failing row is taken out of the way."""
        return self.kind is Kind.ROW and self.severity is Severity.CRITICAL

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns the rule cannot be asked without."""
        single = [self.kwargs[name] for name in ("column", "column_A", "column_B") if name in self.kwargs]
        return (*single, *self.kwargs.get("column_list", ()))


@dataclass(frozen=True, slots=True)
class Suite:
    """All rules of one table."""

    schema: str  # raw_zoho, core, finance, …
    table: str
    notes: str
    key: tuple[str, ...]  # columns that name a row to a person
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """The table's full name, which is the suite's name too."""
        return f"{self.schema}.{self.table}"

    @property
    def source(self) -> str:
        """What the run inputs call the source: the CRM of a raw schema, else the schema."""
        return self.schema.removeprefix("raw_")

    def only(self, names: set[str]) -> Suite:
        """The same suite with some of its rules, for a run of selected checks."""
        return Suite(self.schema, self.table, self.notes, self.key, tuple(rule for rule in self.rules if rule.name in names))


def suites(*folders: str, root: Path = HERE) -> list[Suite]:
    """Every suite of these folders (none given: of both doors), by folder and table."""
    wanted = folders or (*DOOR_IN, *DOOR_OUT)
    return [_suite(path, root) for folder in wanted for path in sorted((root / folder).glob("*.yaml"))]


def company_suite(folder: Path, schema: str, table: str) -> Suite:
    """The suite of an object that only one company has: `expectations/<schema>.<table>.yaml` of its folder, if it wrote one."""
    path = folder / "expectations" / f"{schema}.{table}.yaml"
    tree = _read(path) if path.exists() else {"notes": "公司自有对象", "expectations": []}
    entries = [*_read(HERE / EVERY_RAW_TABLE)["expectations"], *tree["expectations"]]
    return Suite(schema, table, str(tree.get("notes", "")), VERSION_KEY, _rules(entries, path))


def _suite(path: Path, root: Path) -> Suite:
    """One suite file; a published table carries its schema in the file's name: `core.fct_orders.yaml`."""
    tree = _read(path)
    folder = path.parent.name
    schema, _, table = path.stem.rpartition(".") if "." in path.stem else (folder, "", path.stem)
    entries = list(tree["expectations"])
    is_raw = folder in DOOR_IN and folder != "raw_ops"
    if is_raw:
        entries = [*_read(root / EVERY_RAW_TABLE)["expectations"], *entries]
    key = tuple(tree.get("key", VERSION_KEY if is_raw else ("key",)))
    return Suite(schema, table, str(tree.get("notes", "")), key, _rules(entries, path))


def _rules(entries: list[Any], path: Path) -> tuple[Rule, ...]:
    rules = tuple(_rule(entry, number, path) for number, entry in enumerate(entries, start=1))
    names = [rule.name for rule in rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SuiteError(f"{path}: rule {', '.join(twice)} is there twice; give each rule a meta.rule of its own")
    return rules


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except yaml.YAMLError as fault:
        raise SuiteError(f"{path}: not YAML: {fault}") from fault
    if not isinstance(tree, dict) or not isinstance(tree.get("expectations"), list):
        raise SuiteError(f"{path}: a suite is a mapping with a list under `expectations`")
    return tree


def _rule(entry: Any, number: int, path: Path) -> Rule:
    try:
        meta = entry["meta"]
        return Rule(
            name=str(meta.get("rule") or _derived_name(entry)),
            type=str(entry["type"]),
            kwargs=dict(entry.get("kwargs") or {}),
            kind=Kind(meta["kind"]),
            severity=Severity(entry["severity"]),
            notes=str(meta["notes"]).strip(),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise SuiteError(
            f"{path}: expectation {number}: {fault}; each needs type, severity (critical, warning, info), "
            "meta.kind (row, table) and meta.notes"
        ) from fault


def _derived_name(entry: Mapping[str, Any]) -> str:
    kwargs = entry.get("kwargs") or {}
    return re.sub(r"\W+", "_", f"{entry['type']}__{kwargs.get('column', 'table')}")
