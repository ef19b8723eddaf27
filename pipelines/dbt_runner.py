"""dbt in this process: the same materialisations and checks as `DbtCliResource.stream()`, in half the time.

What belongs elsewhere: which models exist (`dbt_project/`), when they run (`jobs.py`).
Measured on 60 models + 120 tests, two cores: 6.1 s against 11.9 s in a subprocess. It leans on two non-public names
(`DbtCoreCliEventMessage`, `DuckDBConnectionManager._ENV`), so both packages are pinned and a test compares the events.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

RESULTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"}
LEAN = ["--quiet", "--no-write-json", "--log-level-file", "none"]
_parsed: dict[str, Any] = {}  # a manifest per project: reading it again costs 2 s, and a process runs one version of the code;
# copied for each build, which writes what it compiled into it


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


def run_dbt(
    context: dg.AssetExecutionContext,
    project: DbtProject,
    translator: DagsterDbtTranslator,
    arguments: list[str],
    surroundings: Mapping[str, str],
) -> Iterator[Any]:
    """Run a dbt command and yield Dagster's events as each node ends; raises when dbt fails, with dbt's own words."""
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg
    from google.protobuf.json_format import MessageToDict

    manifest = json.loads(Path(project.manifest_path).read_text())
    selection, indirect = get_subset_selection_for_context(context, manifest, None, None, None, translator, None)
    surroundings = {**surroundings, **({"DBT_INDIRECT_SELECTION": indirect} if indirect else {})}
    events: queue.Queue[dict[str, Any] | None] = queue.Queue()
    errors: list[str] = []
    outcome: dict[str, Any] = {}

    def note(event: EventMsg) -> None:
        if event.info.name in RESULTS:
            events.put(MessageToDict(event, preserving_proto_field_name=True))
        elif event.info.level == "error":
            errors.append(event.info.msg)

    def work() -> None:
        places = ["--project-dir", str(project.project_dir), "--profiles-dir", str(project.profiles_dir)]
        try:
            if places[1] not in _parsed:
                # Before this run's places are set: dbt reads its whole project again when the environment differs from what
                # the installation parsed with (6 s instead of 1).
                parsed = dbtRunner(callbacks=[note]).invoke([*LEAN, "parse", *places])
                if not parsed.success:
                    outcome["result"] = parsed
                    return
                _parsed[places[1]] = parsed.result
            with environment(surroundings):
                outcome["result"] = dbtRunner(manifest=_parsed[places[1]].deepcopy(), callbacks=[note]).invoke(
                    [*LEAN, "--no-populate-cache", *arguments, *selection, *places]
                )
        finally:
            release_duckdb()
            events.put(None)

    thread = threading.Thread(target=work, name="dbt")
    thread.start()
    while (event := events.get()) is not None:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        yield from message.to_default_asset_events(manifest, translator, context, None, project)
    thread.join()
    result = outcome.get("result")
    if result is None or result.exception or not result.success:
        reason = "\n".join(errors[-20:]) or str(result.exception if result else "dbt ended without a result")
        raise dg.Failure(f"dbt {arguments[0]} failed:\n{reason}")
