"""How tables and views are built: contracts hold, order is the declared one, nothing that a model asks for is ignored.

What belongs elsewhere: what the models compute (`test_*_cases.py`, unit tests beside the models).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from pipelines.dbt_runner import project, read_project, release_duckdb
from pipelines.held_tests import Verdicts, hold
from tests.dbt_project.build import LEAN, PROJECT

COLUMNS = (
    "config: {materialized: table, contract: {enforced: true}}, columns: [{name: code, data_type: string}, "
    "{name: amount, data_type: 'decimal(18, 2)'}, {name: sold_on, data_type: date}]"
)
DECLARED_COLUMNS = [("code", "VARCHAR"), ("amount", "DECIMAL(18,2)"), ("sold_on", "DATE")]
SALE = "select 'a' as code, cast(1 as decimal(18, 2)) as amount, date '2026-01-02' as sold_on"
BROKEN = {
    "sold_on": f"select code, amount from ({SALE})",
    "more": f"select *, 1 as more from ({SALE})",
    "amount": f"select code, cast(amount as decimal(18, 4)) as amount, sold_on from ({SALE})",
    "other_code": f"select code as other_code, amount, sold_on from ({SALE})",
}
ASKED = {
    "grants": "grants={'select': ['everybody']}",
    "pre_hook": "pre_hook='select 1'",
    "post_hook": "post_hook='select 1'",
    "indexes": "indexes=[{'columns': ['one']}]",
}


def built(folder: Path, models: Mapping[str, str], declared: Collection[str] = ()) -> dict[str, str]:
    """Build these models in a project of their own that knows only our ways of building: status and message by model."""
    contracts = ", ".join(f"{{name: {name}, {COLUMNS}}}" for name in declared)
    written(folder, models, f"models: [{contracts}]")
    return {one.node.name: f"{one.status}: {one.message}" for one in run(folder)}


def written(folder: Path, models: Mapping[str, str], described: str) -> None:
    """Write the project of these models."""
    shutil.rmtree(folder / "models", ignore_errors=True)
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir(exist_ok=True)
    shutil.copyfile(PROJECT / "macros" / "materializations.sql", folder / "macros" / "materializations.sql")
    (folder / "dbt_project.yml").write_text('{name: shop, version: "1.0", config-version: 2, profile: shop}')
    (folder / "profiles.yml").write_text(
        f"shop: {{target: d, outputs: {{d: {{type: duckdb, path: '{folder}/shop.duckdb', threads: 1}}}}}}"
    )
    (folder / "models" / "shop.yml").write_text(described)
    for name, sql in models.items():
        (folder / "models" / f"{name}.sql").write_text(sql)


def run(folder: Path, manifest: Manifest | None = None, command: str = "build") -> Any:
    """A command's results, or what it read."""
    with mock.patch.dict(os.environ, {"DBT_LOG_PATH": str(folder / "logs"), "DBT_TARGET_PATH": str(folder / "target")}):
        done = dbtRunner(manifest).invoke([*LEAN, command, "--project-dir", str(folder), "--profiles-dir", str(folder)])
        release_duckdb()
    assert done.result is not None, done.exception
    return done.result if command == "parse" else done.result.results


def columns(folder: Path, table: str) -> list[tuple[str, str]]:
    with duckdb.connect(str(folder / "shop.duckdb"), read_only=True) as connection:
        return [row[:2] for row in connection.execute(f"describe {table}").fetchall()]


def test_a_table_stands_as_its_contract_declares_it_in_the_declared_order(tmp_path: Path) -> None:
    models = {"as_declared": SALE, "in_another_order": f"select sold_on, amount, code from ({SALE})"}
    assert built(tmp_path, models, models) == dict.fromkeys(models, "success: OK")
    assert {name: columns(tmp_path, name) for name in models} == dict.fromkeys(models, DECLARED_COLUMNS)


def test_a_broken_contract_names_the_column_stops_what_reads_it_and_leaves_what_stood(tmp_path: Path) -> None:
    built(tmp_path, dict.fromkeys(BROKEN, SALE), BROKEN)
    told = built(tmp_path, {**BROKEN, "reader": "select * from {{ ref('more') }}"}, BROKEN)
    assert {name: "has an enforced contract that failed" in told[name] and f"| {name} " in told[name] for name in BROKEN} == (
        dict.fromkeys(BROKEN, True)
    )
    assert told["reader"].startswith("skipped")
    assert {name: columns(tmp_path, name) for name in BROKEN} == dict.fromkeys(BROKEN, DECLARED_COLUMNS)


def test_a_model_may_turn_from_view_to_table_and_back(tmp_path: Path) -> None:
    for kind in ("view", "table", "view"):
        assert built(tmp_path, {"turning": "{{ config(materialized='" + kind + "') }} select 1 as one"}) == {
            "turning": "success: OK"
        }
        assert columns(tmp_path, "turning") == [("one", "INTEGER")]


def test_what_is_not_built_here_is_refused_by_name(tmp_path: Path) -> None:
    models = {
        f"{kind}_with_{name}": f"{{{{ config(materialized='{kind}', {asked}) }}}} select 1 as one"
        for name, asked in ASKED.items()
        for kind in ("table", "view")
    }
    told = built(tmp_path, models)
    assert {name: told[name].startswith("error") and "does not know how to build with" in told[name] for name in models} == (
        dict.fromkeys(models, True)
    )


TESTED = """
models:
  - name: kept
    columns: [{name: code, data_tests: [not_null, {accepted_values: {arguments: {values: [a]}}}, unique]}]
  - name: broken
    columns:
      - {name: code, data_tests: [not_null, {accepted_values: {arguments: {values: [a]}}}, unique]}
      - name: other
        data_tests: [{unique: {config: {severity: warn}}}, {relationships: {arguments: {to: ref('kept'), field: code}}}]
  - name: seen
    config: {materialized: view}
    columns: [{name: code, data_tests: [not_null]}]
  - name: folded
    config: {materialized: ephemeral}
    columns: [{name: code, data_tests: [not_null]}]
"""


def test_a_table_is_held_to_the_tests_that_ask_about_it_alone_and_every_other_stays_a_node(tmp_path: Path) -> None:
    broken = "select * from (values ('a', 'a'), ('b', 'a'), ('b', 'a'), (null, 'a')) as sold(code, other)"
    nothing = "select 'a' as code where false"
    models = {"kept": "{{ config(materialized='table') }} select 'a' as code", "seen": nothing, "folded": nothing}
    models |= {"broken": "{{ config(materialized='table') }} " + broken, "reader": "select * from {{ ref('broken') }}"}
    written(tmp_path, models, TESTED)
    manifest = run(tmp_path, command="parse")
    tests = {name for name, node in manifest.nodes.items() if node.resource_type == "test"}
    held = hold(manifest, lambda _: True)
    left = {name for name, node in manifest.nodes.items() if node.resource_type == "test"}
    assert {model.split(".")[-1]: sorted(names) for model, names in held.items()} == {
        "kept": ["accepted_values_kept_code__a", "not_null_kept_code", "unique_kept_code"],
        "broken": ["accepted_values_broken_code__a", "not_null_broken_code", "unique_broken_code"],
        "seen": ["not_null_seen_code"],
    }
    assert tests - left == {unique_id for names in held.values() for unique_id in names.values()}
    results = run(tmp_path, manifest)
    told = {one.node.name: one.status for one in results}
    assert {name: told[name] for name in ("kept", "seen", "broken", "reader")} == (
        {"kept": "success", "seen": "success", "broken": "error", "reader": "skipped"}
    )
    assert told["not_null_folded_code"] == "pass"
    checks = {unique_id: dg.AssetCheckKey(dg.AssetKey(model), name) for model in held for name, unique_id in held[model].items()}
    verdicts = Verdicts(held, checks)
    failed = {(one.passed, one.check_name) for one in verdicts.failed(results)}
    assert failed == {(False, name) for name in held["model.shop.broken"]}
    assert [(one.passed, one.check_name) for one in verdicts.passed("model.shop.seen")] == [(True, "not_null_seen_code")]
    assert columns(tmp_path, "broken") == [("code", "VARCHAR"), ("other", "VARCHAR")]  # to be looked at


def test_seeds_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation parses from the project's own folder; a schedule may run from any other."""
    monkeypatch.chdir(tmp_path)
    done = read_project(project)
    assert done.success, done.exception
    found = {node.root_path for node in done.result.nodes.values() if node.resource_type == "seed"}
    assert found == {str(PROJECT)}
