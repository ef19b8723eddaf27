"""The `quarterdeck` command: run, close, pack, explain, and look after the warehouse.

What to add here: a command; it parses, calls, and says what happened. What belongs elsewhere: the doing.
Exit codes: 0 done; 1 it failed and says why; 2 wrong usage or input that must be mended first; 3 nothing to do it on yet.
"""

from __future__ import annotations

import json as json_module
import logging
import os
import sys
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # its pictures of local variables would show secrets
    help="Quarterdeck: nightly KPI marts, commission to the cent and quarterly review packs from two CRMs.",
)
plan_app = typer.Typer(no_args_is_help=True, help="提成办法: check and print commission plans.")
app.add_typer(plan_app, name="plan")

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

FAILED, WRONG_INPUT, NOTHING_YET = 1, 2, 3

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Where the lake, warehouse and reports lie (QUARTERDECK_HOME, ./var).")
]
CompanyOption = Annotated[Path | None, typer.Option("--company", help="The company folder (QUARTERDECK_COMPANY, ./company).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


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
    except (RunFailed, CompanyErrors) as failure:
        raise stop(str(failure)) from None


@app.command()
def demo(
    home: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path("var/demo"),
    seed: Annotated[int, typer.Option(help="The demo company's seed: same seed, same bytes.")] = 20260101,
    scale: Annotated[float, typer.Option(help="Size of the demo company; 1 is about 1,500 customers.")] = 1.0,
) -> None:
    """Play two closed quarters and an open one on the demo company, and deliver its packs to an outbox."""
    from pipelines.demo import play
    from pipelines.execute import RunFailed

    try:
        play(home, console, seed=seed, scale=scale)
    except RunFailed as failure:
        raise stop(str(failure)) from None


@app.command()
def run(
    as_of: Annotated[str, typer.Option(help="Business date to describe, 2026-09-30; yesterday when left out.")] = "",
    known_at: Annotated[str, typer.Option(help="Which pulls may be seen, an ISO time with offset; now when left out.")] = "",
    home: HomeOption = None,
    company: CompanyOption = None,
    json: JsonOption = False,
) -> None:
    """Run one nightly: pull, check, model, check, publish."""
    place = open_home(home, company)
    outcome = started("nightly", place, as_of=_date(as_of), known_at=_time(known_at))
    facts = outcome.made["published/warehouse"]
    pulled = sum(
        int(m.get("dagster/row_count", 0)) for key, m in outcome.made.items() if key.startswith("raw_") and m.get("pulled")
    )
    if json:
        console.print_json(
            json_module.dumps({**facts, "new_versions": pulled, "warnings": outcome.warnings, "run_id": outcome.run_id})
        )
        return
    where = (
        f"Published {place.published}"
        if facts["is_live"]
        else f"Archived {facts['archived']} (readers keep a later business date)"
    )
    console.print(f"{where} as of {facts['as_of']}, {pulled:,} new versions of records pulled.")
    for warning in outcome.warnings:
        console.print(f"  did not hold, see {place.validation / 'index.html'}: {warning}")


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

    place, moment = open_home(home, company), _time(known_at) or datetime.now(UTC)
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
def pack(
    quarter: Annotated[str, typer.Argument(help="The quarter, 2026-Q3.")],
    home: HomeOption = None,
    company: CompanyOption = None,
    json: JsonOption = False,
) -> None:
    """季度经营回顾: build a quarter's review pack and deliver it; a pack that was sent is not sent again."""
    from pipelines.partitions import Period
    from pipelines.publish import archived, clocks_of

    place = open_home(home, company)
    period = Period.named(quarter)
    now = clocks_of(place.published)
    if now is None or now[0] < period.last:
        raise stop(
            f"{quarter} has not ended in what is published ({now[0] if now else 'nothing'}): run a nightly as of {period.last}.",
            NOTHING_YET,
        )
    if archived(place.archive, period.last) is None:
        started("nightly", place, as_of=period.last, known_at=now[1])
    made = started("quarterly_pack", place, partition=quarter, known_at=now[1]).made
    facts = {**made["reports/quarterly_management_pack"], **made["delivered/quarterly_management_pack"]}
    if json:
        console.print_json(json_module.dumps(facts, default=str))
        return
    console.print(f"{quarter}: {facts['folder']} ({facts['sent']} sent, {facts['sent_before']} sent before)")


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


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """What is published, as of when, how fresh and how trustworthy."""
    import duckdb

    from pipelines.publish import clocks_of

    place = open_home(home, None)
    clocks = clocks_of(place.published)
    if clocks is None:
        raise stop("Nothing is published yet: run `quarterdeck run` or `make demo`.", NOTHING_YET)
    with duckdb.connect(str(place.published), read_only=True) as connection:
        trust = connection.execute(
            """select source, object, last_pulled_at, records, quarantined, failed_checks, grade
            from core.data_trust order by source, object"""
        ).fetchall()
        periods = connection.execute("select count(*) from core.quarantine").fetchone()[0]
    if json:
        rows = [
            dict(
                zip(
                    ("source", "object", "last_pulled_at", "records", "quarantined", "failed_checks", "grade"),
                    map(str, row),
                    strict=True,
                )
            )
            for row in trust
        ]
        console.print_json(json_module.dumps({"as_of": str(clocks[0]), "known_at": clocks[1].isoformat(), "data_trust": rows}))
        return
    console.print(f"{place.published}\nas of {clocks[0]}, known at {clocks[1].isoformat()}, {periods} rows in quarantine")
    table = Table("source", "object", "last pull (UTC)", "records", "quarantined", "failed checks", "grade", box=None)
    for row in trust:
        table.add_row(*map(str, row))
    console.print(table)


@app.command()
def doctor(home: HomeOption = None, company: CompanyOption = None) -> None:
    """Check the company folder, and each CRM's credentials, rights, clock and limits; says in plain words what is wrong."""
    from connectors.company import CompanyErrors
    from connectors.faults import Fault
    from pipelines.resources import Crms, MissingSetting

    place = open_home(home, company)
    try:
        found = [("company folder", finding) for finding in place.load_company().connection(place.plan_rows()).check()]
    except CompanyErrors as errors:
        raise stop(str(errors), WRONG_INPUT) from None
    trouble = 0
    for crm, connect in (("zoho", Crms().zoho), ("fxiaoke", Crms().fxiaoke)):
        try:
            connection = connect(place)
            found += [(crm, finding) for finding in (connection.check() if connection else [])]
        except (Fault, MissingSetting) as fault:
            trouble += 1
            console.print(f"!! {crm}: {fault}")
    for where, finding in found:
        trouble += not finding.is_good
        cure = f" -> {finding.cure}" if finding.cure and not finding.is_good else ""
        console.print(f"{'ok' if finding.is_good else '!!'} {where}: {finding.subject}: {finding.says}{cure}")
    if trouble:
        raise typer.Exit(FAILED)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="A new folder for the company's decisions.")]) -> None:
    """Write a commented company folder: company.yaml, a CSV with headers per file, and XLSX templates with drop-downs."""
    from connectors.company import write_templates

    for file in write_templates(folder):
        console.print(str(file))


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="A folder of records: zoho/<Module>.ndjson, fxiaoke/<Object>.ndjson.")],
    at: Annotated[str, typer.Option(help="The moment the world stands at, ISO with offset; now when left out.")] = "",
    zoho_port: int = 8801,
    fxiaoke_port: int = 8802,
) -> None:
    """Serve the two CRM APIs on loopback from a folder of records, until interrupted."""
    from pipelines.demo import surroundings
    from simulators.options import Options
    from simulators.server import serve_here

    if not folder.is_dir():
        raise stop(f"{folder} is no folder of records", WRONG_INPUT)
    console.print("Serving until interrupted (Ctrl-C). To run against it:")
    for name, value in surroundings(f"http://127.0.0.1:{zoho_port}", f"http://127.0.0.1:{fxiaoke_port}").items():
        console.print(f"  export {name}={value}")
    moment = _time(at) or datetime.now(UTC)
    serve_here(folder, at=moment, zoho_port=zoho_port, fxiaoke_port=fxiaoke_port, options=Options().changed({"limits": "off"}))


@plan_app.command("lint")
def plan_lint(company: CompanyOption = None) -> None:
    """Check every plan: schema errors, then what will hurt later, each with file, line and cure."""
    from commission.engine.facts import Assignment
    from commission.lint import company_settings, has_errors, lint
    from commission.plan import PlanErrors, load_plans
    from connectors.company import CompanyErrors

    place = open_home(None, company)
    try:
        plans, people = load_plans(place.company_folder / "plans"), place.load_company().rows["plan_assignments"]
    except (PlanErrors, CompanyErrors) as errors:
        raise stop(str(errors), WRONG_INPUT) from None
    under = [
        Assignment(payee_no=row["employee_no"], plan_id=row["plan_id"], valid_from=row["valid_from"], valid_to=row["valid_to"])
        for row in people
    ]
    findings = lint(plans, company_settings(plans, place.company_folder, under))
    for finding in findings:
        console.print(str(finding))
    console.print(f"{len(plans)} plans, {len(findings)} findings")
    if has_errors(findings):
        raise typer.Exit(FAILED)


@plan_app.command("show")
def plan_show(plan_id: str, company: CompanyOption = None) -> None:
    """提成办法: print a plan as a sales person reads it, with a worked example."""
    from commission.document import document
    from commission.plan import PlanErrors, load_plans

    try:
        plans = {plan.plan: plan for plan in load_plans(open_home(None, company).company_folder / "plans")}
    except PlanErrors as errors:
        raise stop(str(errors), WRONG_INPUT) from None
    if plan_id not in plans:
        raise stop(f"No plan {plan_id!r}; there are: {', '.join(sorted(plans))}", WRONG_INPUT)
    console.print(document(plans[plan_id]))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise stop(f"{text!r} is no date: write 2026-09-30", WRONG_INPUT) from None


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise stop(f"{text!r} is no time: write 2026-10-01T02:00:00+08:00", WRONG_INPUT) from None
    if moment.tzinfo is None:
        raise stop(f"{text!r} has no offset: write 2026-10-01T02:00:00+08:00", WRONG_INPUT)
    return moment


def entry() -> None:
    """Run a command, then hear no more: at exit DuckDB's binding lists what it did not free, after all is said."""
    code = 0
    from commission.ledger import LedgerBroken
    from connectors.company import CompanyErrors
    from pipelines.partitions import NoSuchPeriod
    from reports.facts import ReportError

    try:
        app()
    except (CompanyErrors, LedgerBroken, NoSuchPeriod, ReportError) as known:
        complaints.print(str(known))
        code = WRONG_INPUT
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)


if __name__ == "__main__":
    entry()
