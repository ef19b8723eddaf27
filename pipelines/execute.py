"""Start a job from this process and wait for it: what the command line and the tests use.

What belongs elsewhere: the jobs (`jobs.py`), schedules and sensors (the daemon runs those).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from pipelines.resources import WRITERS, Home

SHOWN = 3  # reasons of one warning


class RunFailed(Exception):
    """A job did not end well: which steps failed and the first cause of each, without a stack trace."""

    def __init__(self, job: str, causes: dict[str, str], run_id: str) -> None:
        self.job, self.causes, self.run_id = job, causes, run_id
        super().__init__("\n".join([f"{job} failed (run {run_id})", *(f"  {step}: {cause}" for step, cause in causes.items())]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job made: metadata per asset, checks that did not hold, the run's id."""

    run_id: str
    made: dict[str, dict[str, object]]
    warnings: list[str]


@contextmanager
def open_instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a home, made on first use; `DAGSTER_HOME` overrides where it lies."""
    folder = Path(os.environ.get("DAGSTER_HOME", str(home.path / "dagster"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        shutil.copyfile(Path(__file__).parent / "dagster.yaml", settings)
    os.environ["DAGSTER_HOME"] = str(folder)
    with dg.DagsterInstance.get() as instance:
        yield instance


def execute(
    job: str,
    home: Home,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    partition: str | None = None,
    closing: dict[str, str] | None = None,
) -> Outcome:
    """Run one job to its end in this process; raises `RunFailed` with every cause, `HomeBusy` before anything is begun.

    `closing`: who stands behind a close.
    """
    from pipelines.definitions import defs

    clocks = {"as_of": str(as_of or ""), "known_at": known_at.astimezone(UTC).isoformat() if known_at else ""}
    places = {"root": str(home.path), "company": str(home.company_folder)}
    config = {
        "loggers": {"progress": {}},
        "resources": {"clocks": {"config": clocks}, "home": {"config": places}},
        **({"ops": {"ledger__closed_month": {"config": closing}}} if closing else {}),
    }
    if job == "nightly":
        _ = home.settings  # else every pull would fail, each with the same mistakes of company.yaml
    with home.alone(job) if job in WRITERS else nullcontext(), open_instance(home) as instance:
        result = defs.resolve_job_def(job).execute_in_process(
            run_config=config,
            instance=instance,
            partition_key=partition,
            raise_on_error=False,
        )
    checks = result.get_asset_check_evaluations()
    if not result.success:
        causes = {
            event.step_key or job: _cause(event.step_failure_data.error)
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.STEP_FAILURE
        }
        causes |= {
            f"{check.asset_key.to_user_string()} {check.check_name}": str(dict(check.metadata))
            for check in checks
            if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR and check.blocking
        }
        raise RunFailed(job, causes, result.run_id)
    made = {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    warnings = [_warned(check) for check in checks if not check.passed]
    return Outcome(result.run_id, made, warnings)


def _warned(check: dg.AssetCheckEvaluation) -> str:
    """The check and, where it says why, the first reasons of it."""
    why = check.metadata["why"].value if "why" in check.metadata else None
    said = [str(one) for one in why] if isinstance(why, list) else []
    more = f"; and {len(said) - SHOWN} more, see `quarterdeck doctor`" if len(said) > SHOWN else ""
    return f"{check.asset_key.to_user_string()}: {check.check_name}" + (f" ({'; '.join(said[:SHOWN])}{more})" if said else "")


def _cause(error: object) -> str:
    while (deeper := getattr(error, "cause", None)) is not None:
        error = deeper
    return re.sub(r"^[\w.]+\.\w+: ", "", str(getattr(error, "message", error)).strip())
