"""Suites as files: complete, named, explained, and in step with what the connectors land.

What to add here: something every suite must have.
What belongs elsewhere: what rules find (`test_doors.py`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from expectations.suites import DOOR_IN, Kind, Severity, Suite, SuiteError, suites
from tests.expectations.lake import SOURCES

ROOT = Path(__file__).parents[2]
ALL = suites()


def columns_promised(suite: Suite) -> set[str]:
    """The columns a suite's schema rule asks for."""
    (rule,) = [rule for rule in suite.rules if rule.name == "columns_are_all_there"]
    return set(rule.kwargs["column_set"])


def test_every_raw_table_has_a_suite_that_names_its_columns() -> None:
    landed = {
        f"raw_{source}.{obj.name}": {c for c in obj.raw_schema.names if c not in {f.name for f in obj.fields if f.personal}}
        for source, objects in SOURCES.items() for obj in objects
    }
    assert {suite.name: columns_promised(suite) for suite in suites(*DOOR_IN) if suite.schema != "raw_ops"} == landed


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.name)
def test_every_rule_is_named_after_what_is_true_and_says_why(suite: Suite) -> None:
    assert [rule.name for rule in suite.rules if not re.fullmatch(r"[a-z][a-z0-9_]+", rule.name)] == []
    assert [rule.name for rule in suite.rules if len(rule.notes) < 8] == []
    assert suite.notes


def test_published_rules_speak_of_tables_because_nothing_is_taken_away_there() -> None:
    assert {rule.kind for suite in suites("published") for rule in suite.rules} == {Kind.TABLE}


def test_columns_that_rules_ask_for_are_columns_the_schema_rule_promises() -> None:
    missing = {
        suite.name: sorted({column for rule in suite.rules for column in rule.columns} - columns_promised(suite)) for suite in ALL
    }
    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_every_published_model_has_a_suite_that_asks_for_columns_it_has() -> None:
    models = {
        f"{path.parent.name}.{model['name']}": {column["name"] for column in model["columns"]}
        for path in (ROOT / "dbt_project" / "models").rglob("_*.yml") if "staging" not in path.parts
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()) if not model["name"].startswith("int_")
    }
    promised = {suite.name: columns_promised(suite) for suite in suites("published")}
    assert {name: sorted(promised[name] - models[name]) for name in models if promised[name] - models[name]} == {}
    assert set(promised) == set(models)


def test_reading_suites_does_not_import_great_expectations() -> None:
    program = "import sys; from expectations.suites import suites; suites(); print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_suite_that_says_too_little_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "core.x.yaml"
    path.write_text("expectations:\n  - {type: expect_column_to_exist, kwargs: {column: a}, meta: {kind: row, notes: why}}\n")
    with pytest.raises(SuiteError) as raised:
        suites("published", root=tmp_path)
    assert str(raised.value) == (
        f"{path}: expectation 1: 'severity'; each needs type, severity (critical, warning, info), "
        "meta.kind (row, table) and meta.notes"
    )


def test_only_keeps_the_selected_checks() -> None:
    orders = next(suite for suite in ALL if suite.name == "raw_zoho.orders")
    assert [rule.name for rule in orders.only({"order_has_a_number"}).rules] == ["order_has_a_number"]
    assert (orders.rules[0].is_blocking, orders.rules[0].severity) == (True, Severity.CRITICAL)
