"""dbt in this process: the same materialisations and checks as `DbtCliResource.stream()`, in half the time.

What belongs elsewhere: which models exist (`dbt_project/`), when they run (`jobs.py`), tests that are no nodes (`held_tests.py`).
Measured on 60 models + 120 tests, two cores: 6.1 s against 11.9 s in a subprocess. It leans on two non-public names
(`DbtCoreCliEventMessage`, `DuckDBConnectionManager._ENV`), so both packages are pinned and a test compares the events.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import get_asset_check_key_for_test, get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from pipelines.held_tests import Verdicts, hold

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

RESULTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"}
# Nothing on the console: a failure is told once, by whoever hears that the command failed.
LEAN = ["--log-level", "none", "--no-write-json", "--log-level-file", "none"]
ANNOUNCED = frozenset({"LogModelResult", "LogTestResult", "LogSeedResult"})  # said again with its reason when the command ends
PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests")
_read: dict[str, dbtRunnerResult] = {}  # by project: reading it again costs 2 s, and a process runs one version of the code;
# the manifest is copied for each build, which writes what it compiled into it


class Unreadable(Exception):
    """dbt cannot read its project: which, and why."""

    def __init__(self, folder: Path, reasons: list[str]) -> None:
        super().__init__("\n".join([f"dbt cannot read {folder}:", *reasons]))


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """These environment variables, for as long as dbt runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def release_duckdb() -> None:
    """Let go of the file: dbt-duckdb keeps its connection, and so its lock, until the process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with DuckDBConnectionManager._LOCK:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None


def checks_of(
    manifest: Mapping[str, Any], translator: DagsterDbtTranslator, project: DbtProject, chosen: Collection[dg.AssetCheckKey]
) -> dict[str, dg.AssetCheckKey]:
    """Which of the chosen checks each test is, by the test's unique id."""
    found = {test: get_asset_check_key_for_test(manifest, translator, test, project) for test in manifest["nodes"]}
    return {test: check for test, check in found.items() if check in chosen}


def places_of(project: DbtProject) -> list[str]:
    """Where dbt finds the project."""
    return ["--project-dir", str(project.project_dir), "--profiles-dir", str(project.profiles_dir)]


def read_project(project: DbtProject, note: Callable[[EventMsg], None] | None = None) -> dbtRunnerResult:
    """The project's manifest, read once a process; a failure with dbt's reasons, told to `note` in its words.

    To be called before a run's places are set: dbt reads its whole project again when the environment differs from what the
    installation parsed with (6 s instead of 1).
    """
    from dbt.cli.main import dbtRunner

    where = str(project.project_dir)
    if where not in _read:
        result = dbtRunner(callbacks=[note] if note else []).invoke([*LEAN, "parse", *places_of(project)])
        if not result.success:
            return result
        for node in result.result.nodes.values():
            if node.resource_type == "seed":  # what was parsed once stays as it was: a path from another folder, if so begun
                node.root_path = where
        _read[where] = result
    return _read[where]


def current(project: DbtProject) -> DbtProject:
    """The project with a manifest of what its folder says now: read again after an upgrade or an edit, and put there in one step.

    Raises `Unreadable` with dbt's reasons.
    """
    parts = [project.project_dir / name for name in PARTS]
    said = [path for part in parts for path in (part, *part.rglob("*"))]
    known = project.manifest_path.stat().st_mtime_ns if project.manifest_path.exists() else 0
    if known >= max(path.stat().st_mtime_ns for path in said if path.exists()):
        return project
    began, reasons = time.time_ns(), list[str]()
    _read.pop(str(project.project_dir), None)
    result = read_project(project, lambda event: reasons.append(event.info.msg) if event.info.level == "error" else None)
    if not result.success:
        raise Unreadable(project.project_dir, reasons or [str(result.exception)])
    new = project.manifest_path.with_suffix(f".{os.getpid()}")
    new.parent.mkdir(parents=True, exist_ok=True)
    result.result.write(str(new))
    os.utime(new, ns=(began, began))  # what was edited meanwhile is newer
    new.replace(project.manifest_path)
    return project


def told_once(errors: Sequence[str]) -> list[str]:
    """dbt's errors without what is said twice: that a model failed, where the next line says so again with the reason."""
    told = [one for one, more in zip(errors, [*errors[1:], ""], strict=True) if one.removeprefix("Failure in ") not in more]
    return list(dict.fromkeys(told))


project = current(DbtProject(project_dir=Path(__file__).parent.parent / "dbt_project"))


@dataclass(slots=True)
class _Build:
    """A dbt command at work: events of nodes that ended, words of its errors, and how it ended."""

    project: DbtProject
    events: queue.Queue[dict[str, Any] | None] = field(default_factory=queue.Queue)
    errors: list[str] = field(default_factory=list)
    verdicts: Verdicts = field(default_factory=lambda: Verdicts({}, {}))
    result: Any = None

    def work(self, arguments: list[str], surroundings: Mapping[str, str], checks: Mapping[str, dg.AssetCheckKey]) -> None:
        """Run the command; tests that are `checks` and that a table can be held to are no nodes."""
        from dbt.cli.main import dbtRunner

        try:
            self.result = read_project(self.project, self._note)
            if not self.result.success:
                return
            manifest = self.result.result.deepcopy()
            self.verdicts = Verdicts(hold(manifest, checks.__contains__), checks)
            with environment(surroundings):
                self.result = dbtRunner(manifest=manifest, callbacks=[self._note]).invoke(
                    [*LEAN, "--no-populate-cache", *arguments, *places_of(self.project)]
                )
        finally:
            release_duckdb()
            self.events.put(None)

    def _note(self, event: EventMsg) -> None:
        from google.protobuf.json_format import MessageToDict

        if event.info.name in RESULTS:
            self.events.put(MessageToDict(event, preserving_proto_field_name=True))
        elif event.info.level == "error" and event.info.name not in ANNOUNCED:
            self.errors.append(event.info.msg.strip())

    def failed_tests(self) -> Iterator[dg.AssetCheckResult]:
        """Held tests that the command's errors name."""
        yield from self.verdicts.failed(getattr(getattr(self.result, "result", None), "results", []))

    def must_have_succeeded(self, what: str) -> None:
        """Raise with dbt's own words unless it did."""
        if self.result is None or self.result.exception or not self.result.success:
            said = "\n".join(told_once(self.errors)[-20:])
            reason = said or str(self.result.exception if self.result else "dbt ended without a result")
            raise dg.Failure(f"dbt {what} failed:\n{reason}")


def run_dbt(
    context: dg.AssetExecutionContext,
    project: DbtProject,
    translator: DagsterDbtTranslator,
    arguments: list[str],
    surroundings: Mapping[str, str],
) -> Iterator[Any]:
    """Run a dbt command and yield Dagster's events as each node ends; raises when dbt fails, with dbt's own words."""
    from pipelines.dbt_shortcuts import take_shortcuts

    take_shortcuts()
    manifest = json.loads(Path(project.manifest_path).read_text())
    selection, indirect = get_subset_selection_for_context(context, manifest, None, None, None, translator, None)
    surroundings = {**surroundings, **({"DBT_INDIRECT_SELECTION": indirect} if indirect else {})}
    # A check that is asked for without its table stays a node: nothing builds the table that would be held to it.
    chosen = {check for check in context.selected_asset_check_keys if check.asset_key in context.selected_asset_keys}
    checks = checks_of(manifest, translator, project, chosen)
    build = _Build(project)
    thread = threading.Thread(target=build.work, args=([*arguments, *selection], surroundings, checks), name="dbt")
    thread.start()
    while (event := build.events.get()) is not None:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        yield from message.to_default_asset_events(manifest, translator, context, None, project)
        if event["data"]["node_info"]["node_status"] == "success":
            yield from build.verdicts.passed(event["data"]["node_info"]["unique_id"])
    thread.join()
    yield from build.failed_tests()
    build.must_have_succeeded(arguments[0])
