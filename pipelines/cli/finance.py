"""Commands of finance's month: closing it, a person's statement.

What to add here: a command over the ledger or one payee. What belongs elsewhere: the doing (`ledger.py`, `commission/`).
"""

from __future__ import annotations

import json as json_module
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import NOTHING_YET, CompanyOption, HomeOption, JsonOption, app, console, open_home, past_of, started, stop


@app.command()
def close(
    month: Annotated[str, typer.Argument(help="The month to close, 2026-09.")],
    reviewed_by: Annotated[str, typer.Option(help="Who reviewed the drafts; else commission_approvals.csv says.")] = "",
    approved_by: Annotated[str, typer.Option(help="Who approved them, never the same person; else that file says.")] = "",
    known_at: Annotated[str, typer.Option(help="The moment of closing, ISO with offset; now when left out.")] = "",
    home: HomeOption = None,
    company: CompanyOption = None,
    json: JsonOption = False,
) -> None:
    """提成关账: post a month's commission to the ledger, then show it in the published warehouse."""
    from pipelines.publish import clocks_of

    place, moment = open_home(home, company), past_of(known_at) or datetime.now(UTC)
    with place.alone(f"close {month}"):  # both jobs of it: no nightly comes between
        closed = started(
            "close_month",
            place,
            partition=month,
            known_at=moment,
            closing={"reviewed_by": reviewed_by, "approved_by": approved_by},
        ).made["ledger/closed_month"]
        started("refresh_finance", place, as_of=clocks_of(place.published)[0], known_at=moment)
    if json:
        console.print_json(json_module.dumps({"month": month, **closed}))
        return
    state = "was closed already, nothing changed" if closed["was_closed_before"] else "is closed"
    console.print(
        f"{month} {state}: {closed['entries']} entries, {closed['amount']} in all, ledger head {str(closed['ledger_head'])[:12]}"
    )


@app.command()
def statement(
    payee: Annotated[str, typer.Argument(help="Employee number.")],
    month: Annotated[str, typer.Argument(help="The month, 2026-09.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    home: HomeOption = None,
) -> None:
    """提成对账单: write one sales person's statement (PDF and XLSX)."""
    from reports.statement import build_statement

    place = open_home(home, None)
    if not place.published.exists():
        raise stop("Nothing is published yet: run a nightly first.", NOTHING_YET)
    for file in build_statement(place.published, payee, month, out).files:
        console.print(str(file))
