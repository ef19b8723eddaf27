"""How progress looks on a terminal: one line a step while it runs, and its time when it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipelines.progress import heard_by

WORDS = {
    "pull_zoho": "pulling Zoho",
    "pull_fxiaoke": "pulling Fxiaoke",
    "read_company": "reading the company folder",
    "door_in": "checking what came in",
    "list_pulls": "listing the pulls",
    "run_inputs": "setting the clocks",
    "dbt_build": "modelling (dbt)",
    "door_out": "checking what readers will get",
    "published__warehouse": "publishing",
    "reports__quarterly_management_pack": "building the pack",
    "delivered__quarterly_management_pack": "delivering the pack",
    "reports__commission_statements": "writing statements",
    "reports__commission_workbook": "writing finance's workbook",
    "delivered__commission_statements": "delivering statements",
    "ledger__closed_month": "posting to the ledger",
}


@contextmanager
def steps_shown(console: Console, title: str) -> Iterator[None]:
    """Show the step that runs now beside the title, with the time so far; one line stays when it ends."""
    started = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=None)

        def listen(event: str, step: str) -> None:
            if event == "STEP_START":
                progress.update(task, description=f"{title}: {WORDS.get(step, step)}")

        with heard_by(listen):
            yield
    console.print(f"  {title:<58} {time.monotonic() - started:6.1f} s")
