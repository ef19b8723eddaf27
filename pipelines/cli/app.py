"""What every command stands on: the app itself, common options, how a job is started and how a command ends.

What to add here: an option that several commands take. What belongs elsewhere: a command (the module of its group).
"""

from __future__ import annotations

import gc
import logging
import os
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # its pictures of local variables would show secrets
    help="Quarterdeck: nightly KPI marts, commission to the cent and quarterly review packs from two CRMs.",
)

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

FAILED, WRONG_INPUT, NOTHING_YET = 1, 2, 3
UNBOUNDED = 240  # columns of a file or a pipe: a table cut to 80 loses digits

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Where the lake, warehouse and reports lie (QUARTERDECK_HOME, ./var).")
]
CompanyOption = Annotated[Path | None, typer.Option("--company", help="The company folder (QUARTERDECK_COMPANY, ./company).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def gather_garbage_seldom() -> None:
    """A night's libraries hold a million objects for good; looking through them over and over takes 4 % of its CPU."""
    gc.set_threshold(50_000, 20, 100)


def quiet() -> None:
    """No library's chatter: what matters is told by us, the rest lies in Dagster's event log."""
    for name, value in {
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    for name in ("dagster", "great_expectations", "dagster_dbt", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


@app.callback()
def main() -> None:
    """Set the process up once, before any command."""
    quiet()
    gather_garbage_seldom()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBOUNDED


def open_home(home: Path | None, company: Path | None) -> Any:
    """The home and company folder of this call."""
    from pipelines.resources import Home

    return Home(root=str(home or ""), company=str(company or ""))


def stop(message: str, code: int = FAILED) -> typer.Exit:
    """Say why on stderr and end with a code that means it."""
    complaints.print(message)
    return typer.Exit(code)


def started(job: str, home: Any, **how: Any) -> Any:
    """Run a job with its steps shown as they happen; ends the command when it fails."""
    from connectors.company import CompanyErrors
    from pipelines.execute import RunFailed, execute
    from pipelines.show import steps_shown

    try:
        with steps_shown(console, job):
            return execute(job, home, **how)
    except CompanyErrors:
        raise stop(home.written().mistakes(), WRONG_INPUT) from None
    except RunFailed as failure:
        raise stop(str(failure)) from None


def date_of(text: str) -> date | None:
    """A date that was typed; ends the command when it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise stop(f"{text!r} is no date: write 2026-09-30", WRONG_INPUT) from None


def time_of(text: str) -> datetime | None:
    """A moment that was typed, with its offset; ends the command when it is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise stop(f"{text!r} is no time: write 2026-10-01T02:00:00+08:00", WRONG_INPUT) from None
    if moment.tzinfo is None:
        raise stop(f"{text!r} has no offset: write 2026-10-01T02:00:00+08:00", WRONG_INPUT)
    return moment


def past_of(text: str) -> datetime | None:
    """A moment up to which something can be known; ends the command when it is still to come, unless the CRMs are simulated."""
    from pipelines.resources import Crms

    moment, now = time_of(text), datetime.now(UTC)
    if moment is not None and moment > now and not Crms().are_simulated:
        raise stop(
            f"{text} is in the future, it is {now.isoformat(timespec='seconds')} now: what happens in between cannot be seen, "
            "and a later run would not ask for it again. Leave --known-at out for now, or write a moment that has passed.",
            WRONG_INPUT,
        )
    return moment
