"""Commands of finance's month: sign it, close it, pay it, prove the ledger, a person's statement.

What to add here: a command over the ledger or one payee. What belongs elsewhere: the doing (`ledger.py`, `commission/`).
"""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import (
    FAILED,
    NOTHING_YET,
    WRONG_INPUT,
    CompanyOption,
    HomeOption,
    JsonOption,
    app,
    console,
    open_home,
    past_of,
    started,
    stop,
)

SHOWN = 5  # of each list; its file has them all
ledger_app = typer.Typer(no_args_is_help=True, help="提成台账: review, approve, pay a month; prove that nothing was changed.")
app.add_typer(ledger_app, name="ledger")

MonthArgument = Annotated[str, typer.Argument(help="The month, 2026-09.")]
ByOption = Annotated[str, typer.Option("--by", help="Who signs, by employee number.")]
AtOption = Annotated[str, typer.Option("--known-at", help="The moment of signing, ISO with offset; now when left out.")]


@app.command()
def close(
    month: Annotated[str, typer.Argument(help="The month to close, 2026-09.")],
    reviewed_by: Annotated[str, typer.Option(help="Who reviewed the drafts; else the ledger or the company folder says.")] = "",
    approved_by: Annotated[str, typer.Option(help="Who approved them, never the same person; else as above.")] = "",
    adjustments_approved_by: Annotated[str, typer.Option(help="Who approved adjustments above the company's threshold.")] = "",
    override_by: Annotated[str, typer.Option(help="Who of finance lets adjustments of very old months pass.")] = "",
    known_at: Annotated[str, typer.Option(help="The moment of closing, ISO with offset; now when left out.")] = "",
    home: HomeOption = None,
    company: CompanyOption = None,
    json: JsonOption = False,
) -> None:
    """提成关账: post a month's commission to the ledger, show it in the published warehouse, write finance's files."""
    from pipelines.publish import clocks_of

    place, moment = open_home(home, company), past_of(known_at) or datetime.now(UTC)
    signed = {
        "reviewed_by": reviewed_by,
        "approved_by": approved_by,
        "adjustments_approved_by": adjustments_approved_by,
        "override_by": override_by,
    }
    with place.alone(f"close {month}"):  # all jobs of it: no nightly comes between
        closed = started("close_month", place, partition=month, known_at=moment, closing=signed).made["ledger/closed_month"]
        started("refresh_finance", place, as_of=clocks_of(place.published)[0], known_at=moment)
        files = started("finance_files", place, partition=month).made["reports/commission_workbook"]
    if json:
        console.print_json(json_module.dumps({"month": month, **closed, **files}))
        return
    state = "was closed already, nothing changed" if closed["was_closed_before"] else "is closed"
    console.print(
        f"{month} {state}: {closed['entries']} entries, {closed['amount']} in all, ledger head {str(closed['ledger_head'])[:12]}"
    )
    console.print(f"  {files['folder']}: {', '.join(files['files'])}")
    for what, lists in (("not posted", closed["waiting"]), ("to review", closed["to_review"])):
        for reason, cases in lists.items():
            more = f"; and {len(cases) - SHOWN} more" if len(cases) > SHOWN else ""
            console.print(f"  {what}, {reason} ({len(cases)}): {'; '.join(cases[:SHOWN])}{more}")
    if closed.get("to_do"):
        console.print(f"  all of these: {closed['to_do']}")


@ledger_app.command("review")
def ledger_review(
    month: MonthArgument, by: ByOption, known_at: AtOption = "", home: HomeOption = None, company: CompanyOption = None
) -> None:
    """复核: sales operations has read the month's drafts as they are published now; other drafts later make it void."""
    _signed(month, "reviewed", by, known_at, home, company)


@ledger_app.command("approve")
def ledger_approve(
    month: MonthArgument, by: ByOption, known_at: AtOption = "", home: HomeOption = None, company: CompanyOption = None
) -> None:
    """批准: finance approves exactly the drafts that were reviewed; `quarterdeck close` posts them."""
    _signed(month, "approved", by, known_at, home, company)


def _signed(month: str, state: str, by: str, known_at: str, home: Path | None, company: Path | None) -> None:
    from commission.ledger import LedgerRefused
    from pipelines.ledger import sign

    try:
        found, _ = sign(open_home(home, company), month, state, by=by, at=past_of(known_at) or datetime.now(UTC))
    except LedgerRefused as refusal:
        raise stop(str(refusal), WRONG_INPUT) from None
    total = sum(line.amount for line in found.lines)
    console.print(f"{month} {state} by {by}: {len(found.lines)} lines, {total:,.2f} in all, data as of {found.data_as_of}")
    for reason, lines in found.waiting.items():
        console.print(f"  left out, {reason}: {len(lines)} lines")


@ledger_app.command("pay")
def ledger_pay(
    month: MonthArgument, by: ByOption, known_at: AtOption = "", home: HomeOption = None, company: CompanyOption = None
) -> None:
    """发放: payroll paid a closed month's batch; the next month may then be closed."""
    from commission.ledger import LedgerRefused
    from pipelines.signing import pay, session

    place = open_home(home, company)
    try:
        step = pay(place, month, by=by, at=past_of(known_at) or datetime.now(UTC), login=session(place))
    except LedgerRefused as refusal:
        raise stop(str(refusal), WRONG_INPUT) from None
    console.print(f"{month} paid by {by}: {step.frozen['total']} to {step.frozen['payees']} payees")


@ledger_app.command("verify")
def ledger_verify(
    head: Annotated[str, typer.Option(help="A head that a pack or file printed, or a hash on a statement.")] = "",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """验账: follow the whole chain, compare it with what is published, print its head; names the first byte that was changed."""
    from pipelines.ledger import verify

    place = open_home(home, None)
    if not place.ledger.is_dir() and not place.published.exists():
        raise stop(f"There is no ledger at {place.ledger}: nothing was posted in this home, or it is none.", NOTHING_YET)
    found = verify(place, head or None)
    if json:
        console.print_json(json_module.dumps(asdict(found)))
    else:
        console.print(str(found))
    if not found.is_whole:
        raise typer.Exit(FAILED)


@app.command()
def statement(
    payee: Annotated[str, typer.Argument(help="Employee number.")],
    month: Annotated[str, typer.Argument(help="The month, 2026-09.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; without one, statements/by_hand in the home.")] = None,
    home: HomeOption = None,
) -> None:
    """提成对账单: write one sales person's statement (PDF and XLSX), not encrypted."""
    from dagster import Failure

    from commission.ledger import Ledger
    from pipelines.partitions import Period
    from pipelines.reports import warehouse_after_close
    from reports.statement import build_statement

    place = open_home(home, None)
    if not place.published.exists():
        raise stop("Nothing is published yet: run a nightly first.", NOTHING_YET)
    is_closed = month in Ledger(place.ledger).closings()
    try:
        source = warehouse_after_close(place, Period.named(month)) if is_closed else place.published
    except Failure as reason:
        raise stop(str(reason.description), NOTHING_YET) from None
    for file in build_statement(source, payee, month, out or place.path / "statements" / "by_hand").files:
        file.chmod(0o600)
        console.print(str(file.resolve()), soft_wrap=True)


@app.command()
def explain(
    payee: Annotated[str, typer.Argument(help="Employee number.")],
    month: Annotated[str, typer.Argument(help="The month, 2026-09.")],
    home: HomeOption = None,
    company: CompanyOption = None,
    json: JsonOption = False,
) -> None:
    """提成说明: every cent of one month down to the CRM's record: line, event, credit, clause, rate, rounding, who approved."""
    from commission.explain import explanation, in_words
    from pipelines.explaining import account_of
    from pipelines.partitions import Period

    place = open_home(home, company)
    if not place.published.exists():
        raise stop("Nothing is published yet: run a nightly first.", NOTHING_YET)
    told = explanation(account_of(place, payee, Period.named(month).name)[0])
    if json:
        console.print_json(json_module.dumps(told, ensure_ascii=False, default=str))
    else:
        console.print(in_words(told), end="", markup=False)


@app.command()
def password(
    payee: Annotated[str, typer.Argument(help="Employee number.")],
    home: HomeOption = None,
    company: CompanyOption = None,
) -> None:
    """对账单密码: what opens the pay attachments in one person's mail; hand it over by another way than mail."""
    from delivery import password_of

    place = open_home(home, company)
    person = place.staff(datetime.now(place.settings.zone).date()).get(payee)
    if person is None or not person.is_active:
        raise stop(f"{payee} is not an active employee today: nobody else has a password.", WRONG_INPUT)
    console.print(password_of(place.pay_key(), payee))
