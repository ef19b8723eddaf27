"""Tests that a table is held to while it is built, instead of as nodes of their own: the same SQL for a fifth of the time.

What to add here: nothing per test; a generic test that asks about one built table alone is held.
What belongs elsewhere: the statement (`dbt_project/macros/materializations.sql`), the tests (`dbt_project/models/**/*.yml`).
dbt by itself, on either engine, knows nothing of this and runs every test as a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

USUAL = {"where": None, "limit": None, "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0", "store_failures": None}
BUILT_HERE = ("table", "view")  # ways of building that hold a table to its tests


def hold(manifest: Manifest, may_be_held: Callable[[str], bool]) -> dict[str, dict[str, str]]:
    """Move tests from the manifest into the models they ask about; of each model its tests by name, with their unique ids."""
    held: dict[str, dict[str, str]] = {}
    if manifest.metadata.adapter_type != "duckdb":
        return held
    for unique_id, test in list(manifest.nodes.items()):
        if not is_of_one_built_table(test, manifest) or not may_be_held(unique_id):
            continue
        config = manifest.nodes[test.attached_node].config
        told = {"name": test.name, "of": test.test_metadata.name, "arguments": _arguments(test)}
        config["held_tests"] = [*config.get("held_tests", []), told]
        held.setdefault(test.attached_node, {})[test.name] = unique_id
        del manifest.nodes[unique_id]
    return held


def is_of_one_built_table(test: Any, manifest: Manifest) -> bool:
    """Whether a node is a generic test without settings of its own that reads one table or view, which it is attached to."""
    model = manifest.nodes.get(getattr(test, "attached_node", None) or "")
    if test.resource_type != "test" or model is None or test.depends_on.nodes != [model.unique_id]:
        return False
    settings = {name: getattr(test.config, name) for name in USUAL}
    is_plain = test.test_metadata.namespace is None and "{{" not in str(_arguments(test))
    is_usual = settings == USUAL and test.config.severity.lower() == "error"
    return is_usual and is_plain and model.resource_type == "model" and model.config.materialized in BUILT_HERE


def _arguments(test: Any) -> dict[str, Any]:
    return {name: value for name, value in test.test_metadata.kwargs.items() if name != "model"}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What Dagster hears of held tests: a built model met all of them, one that was not built failed those its error names."""

    held: Mapping[str, Mapping[str, str]]
    checks: Mapping[str, dg.AssetCheckKey]  # by unique id

    def passed(self, model: str) -> Iterator[dg.AssetCheckResult]:
        """Of a model that was built."""
        for name, unique_id in self.held.get(model, {}).items():
            yield self._verdict(unique_id, passed=True, test=name)

    def failed(self, results: Iterable[Any]) -> Iterator[dg.AssetCheckResult]:
        """Of all models, once the build has ended."""
        for one in results:
            for name, unique_id in self.held.get(one.node.unique_id, {}).items():
                if one.status == "error" and f"{name} fails" in (one.message or ""):
                    yield self._verdict(unique_id, passed=False, test=name, found=one.message)

    def _verdict(self, unique_id: str, *, passed: bool, **metadata: str) -> dg.AssetCheckResult:
        check = self.checks[unique_id]
        return dg.AssetCheckResult(passed=passed, asset_key=check.asset_key, check_name=check.name, metadata=metadata)
