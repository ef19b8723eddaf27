"""Commands about the figures: which metrics there are, what is odd about the targets, whether lake and marts agree.

What to add here: a command that reads the published warehouse and says something about its figures.
What belongs elsewhere: definitions (`dbt_project/`), the second way of computing (`pipelines/reconcile`).
"""

from __future__ import annotations

import json as json_module
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.table import Table

from pipelines.cli.app import FAILED, NOTHING_YET, WRONG_INPUT, HomeOption, JsonOption, app, console, open_home, stop
from pipelines.reconcile import Cell, Figure
from pipelines.reconcile import reconcile as compare

COVERAGE = {"complete": "yes", "partial": "partly", "missing": "source missing"}


def _published(home: Path | None) -> Path:
    """The warehouse that readers have."""
    place = open_home(home, None)
    if not place.published.exists():
        raise stop(f"Nothing is published in {place.root} yet: run a nightly first.", NOTHING_YET)
    return Path(place.published)


def _rows(warehouse: Path, sql: str, *values: object) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(sql, list(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@app.command()
def tables(out: Annotated[Path | None, typer.Option(help="Write the page here; without it, to the terminal.")] = None) -> None:
    """数据表: every published table and column as a Markdown page (docs/tables.md)."""
    from pipelines.dbt_runner import project
    from pipelines.tables_page import tables_page

    page = tables_page(json_module.loads(project.manifest_path.read_text(encoding="utf-8")))
    if out is None:
        typer.echo(page, nl=False)
    else:
        out.write_text(page, encoding="utf-8")


def metric_rows(warehouse: Path) -> list[dict[str, Any]]:
    """Every metric as the registry and the lake know it."""
    return _rows(
        warehouse,
        """
        select metric_id, code, name_zh, owner, version, unit, string_split(trim(grains, '|'), '|') as grains, formula,
            source_status, string_split(trim(lacking_crms, '|'), '|') as lacking_crms,
            string_split(trim(coarse_crms, '|'), '|') as coarse_crms,
            string_split(trim(company_files, '|'), '|') as company_files, former_id
        from management.metrics order by code, metric_id
        """,
    )


def both_values(warehouse: Path, metric_id: str, period: str) -> list[dict[str, Any]]:
    """A metric of the company in one period; after a changed formula its former self beside it."""
    return _rows(
        warehouse,
        """
        select metrics.version, metrics.metric_id, metrics.formula, kpi.numerator, kpi.denominator, kpi.value
        from management.metrics as asked
        inner join management.metrics as metrics on metrics.metric_id in (asked.metric_id, asked.former_id)
        left join management.kpi as kpi
            on kpi.metric_id = metrics.metric_id and kpi.period = ?
            and kpi.org_view = 'as_of_event' and kpi.scope_type = 'company'
        where asked.metric_id = ? order by metrics.version desc
        """,
        period,
        metric_id,
    )


def _coverage(row: dict[str, Any]) -> str:
    """Whether a metric's sources are there, and which are not."""
    status = row["source_status"]
    lacking = [*(row["lacking_crms"] or ()), *((row["company_files"] or ()) if status == "missing" else ())]
    coarse = f"; by order header: {', '.join(row['coarse_crms'])}" if row["coarse_crms"] else ""
    return COVERAGE[status] + (f" ({', '.join(lacking)})" if lacking and status != "complete" else "") + coarse


def _figure(value: Decimal | None) -> str:
    """A number as people read it; a dash where there is none."""
    return "—" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


@app.command()
def metrics(
    metric: Annotated[str, typer.Argument(help="One metric; with --period its value, before and after a changed formula.")] = "",
    period: Annotated[str, typer.Option(help="2026-09, 2026-Q3 or 2026.")] = "",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """指标: every metric with its owner, version, unit, grains, formula, and whether its sources are there."""
    warehouse = _published(home)
    listed = [row for row in metric_rows(warehouse) if metric in ("", row["metric_id"], row["code"])]
    if not listed:
        raise stop(f"There is no metric {metric!r}; `quarterdeck metrics` lists them.", WRONG_INPUT)
    values = both_values(warehouse, listed[0]["metric_id"], period) if period and metric else []
    if json:
        console.print_json(json_module.dumps({"metrics": listed, "values": values}, default=str))
        return
    table = Table("code", "metric", "指标", "unit", "v", "owner", "source", "grains")
    for row in listed:
        names = [row[name] for name in ("code", "metric_id", "name_zh", "unit")]
        table.add_row(*names, str(row["version"]), row["owner"].removeprefix("team:"), _coverage(row), " ".join(row["grains"]))
    console.print(table)
    if metric:
        console.print(listed[0]["formula"])
    for row in values:
        value, *parts = (_figure(row[name]) for name in ("value", "numerator", "denominator"))
        of = f" = {parts[0]} / {parts[1]}" if row["denominator"] is not None else ""
        console.print(f"{period} v{row['version']} {row['metric_id']}: {value} {listed[0]['unit']}{of}")


@app.command()
def targets(home: HomeOption = None, json: JsonOption = False) -> None:
    """目标体检: the allocation tree adds up, versions stay as agreed, and SMART; exit code 1 when a version was rewritten."""
    found = _rows(
        _published(home),
        "select * exclude (finding_key) from management.target_findings "
        "order by severity, rule, metric_id, period, scope_type, scope_id",
    )
    if json:
        console.print_json(json_module.dumps(found, default=str))
    else:
        table = Table("rule", "metric", "period", "scope", "v", "expected", "found", "detail")
        for row in found:
            scope = " ".join(dict.fromkeys((row["scope_type"], row["scope_id"])))
            figures = [_figure(row[name]) for name in ("expected", "found")]
            version, detail = (str(row[name] if row[name] is not None else "") for name in ("version", "detail"))
            table.add_row(row["rule"], row["metric_id"], row["period"], scope, version, *figures, detail)
        console.print(table if found else "Nothing to say against the targets.")
    if any(row["severity"] == "critical" for row in found):
        raise typer.Exit(FAILED)


def _both_sides(compared: Figure | Cell) -> dict[str, Decimal]:
    return {"lake": compared.lake, "published": compared.published, "difference": compared.difference}


@app.command()
def reconcile(home: HomeOption = None, json: JsonOption = False) -> None:
    """对账: headline figures by month, from the lake and from the published marts; exit code 1 when one differs by a cent."""
    place = open_home(home, None)
    warehouse = _published(home)
    amounts = {
        name: {"orders": means.order_amounts, "cash": means.cash, "receivables": means.receivables}
        for name, means in place.settings.crm.items()
    }
    result = compare(Path(place.lake.root), warehouse, amounts)
    differing = [(figure.name, cell) for figure in result.figures for cell in figure.differing]
    if json:
        answer = {
            "as_of": result.as_of,
            "agrees": result.agrees,
            "figures": [{"figure": figure.name, **_both_sides(figure)} for figure in result.figures],
            "differing": [
                {"figure": name, "period": cell.period, "part": cell.part, **_both_sides(cell)} for name, cell in differing
            ],
        }
        console.print_json(json_module.dumps(answer, default=str))
    else:
        table = Table(f"as of {result.as_of}", "period", "part", "lake", "published", "difference")
        for name, cell in differing:
            table.add_row(name, cell.period, cell.part, *map(_figure, _both_sides(cell).values()))
        for figure in result.figures:
            if figure.agrees:
                span = f"{figure.first_period} – {figure.last_period}"
                table.add_row(figure.name, span, "", *map(_figure, _both_sides(figure).values()))
        console.print(table)
    if not result.agrees:
        raise stop("Lake and marts do not agree: " + ", ".join(f.name for f in result.figures if not f.agrees))
