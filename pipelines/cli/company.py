"""Commands about what a company writes down, and about the worlds the simulators serve: init, simulate, plans.

What to add here: a command over the company folder. What belongs elsewhere: reading it (`connectors/company`), `commission/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import FAILED, WRONG_INPUT, CompanyOption, app, console, open_home, stop, time_of

plan_app = typer.Typer(no_args_is_help=True, help="提成办法: check and print commission plans.")
app.add_typer(plan_app, name="plan")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder for the company's decisions.")],
    preset: Annotated[
        str, typer.Option(help="Thresholds and tier policy to begin with: fmcg 快消经销, industrial 工业项目, saas SaaS 订阅.")
    ] = "",
) -> None:
    """Write a commented company folder: settings, readers, a sample plan, a CSV per file, XLSX templates with drop-downs."""
    from connectors.company import preset_names, write_templates

    if preset and preset not in preset_names():
        raise stop(f"--preset {preset}: expected one of {', '.join(preset_names())}", WRONG_INPUT)
    for file in write_templates(folder, preset):
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
    from simulators.records import BadRecord
    from simulators.server import PortTaken, serve_here

    if not any(path.parent.name in ("zoho", "fxiaoke") for path in folder.glob("*/*.ndjson")):
        expected = "neither zoho/<Module>.ndjson nor fxiaoke/<Object>.ndjson is in it"
        raise stop(f"{folder} is no folder of records: {expected}", WRONG_INPUT)

    def say_where() -> None:
        console.print("Serving until interrupted (Ctrl-C). To run against it:")
        for name, value in surroundings(f"http://127.0.0.1:{zoho_port}", f"http://127.0.0.1:{fxiaoke_port}").items():
            console.print(f"  export {name}={value}")

    moment, options = time_of(at) or datetime.now(UTC), Options().changed({"limits": "off"})
    try:
        serve_here(folder, say_where, at=moment, zoho_port=zoho_port, fxiaoke_port=fxiaoke_port, options=options)
    except (BadRecord, PortTaken) as wrong:
        raise stop(str(wrong), WRONG_INPUT) from wrong


@plan_app.command("lint")
def plan_lint(company: CompanyOption = None) -> None:
    """Check every plan: what cannot be read or may not run, and what will hurt later, each with file, line and cure."""
    if company is not None and not company.is_dir():
        raise stop(f"there is no company folder at {company}; quarterdeck init writes one", WRONG_INPUT)
    written = open_home(None, company).written()
    for cell in written.bad_cells:
        console.print(f"{cell} (until then nobody knows who is under which plan)")
    for finding in (*written.plan_errors, *written.findings):
        console.print(str(finding))
    wrong = sum(one.severity == "error" for one in written.findings)
    count = len(written.plan_errors) + len(written.findings)
    console.print(f"{len(written.plans)} plans, {count} findings")
    if written.plan_errors or written.bad_cells:
        raise typer.Exit(WRONG_INPUT)
    if wrong:
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
