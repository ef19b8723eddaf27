"""Commands of the data team's day: the demo, a nightly run, what is published, whether everything is in order.

What to add here: a command about runs. What belongs elsewhere: the doing (`jobs.py`, `demo.py`).
"""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipelines.cli.app import (
    FAILED,
    NOTHING_YET,
    WRONG_INPUT,
    CompanyOption,
    HomeOption,
    JsonOption,
    app,
    console,
    date_of,
    open_home,
    past_of,
    started,
    stop,
)


@app.command()
def demo(
    home: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path("var/demo"),
    seed: Annotated[int, typer.Option(help="The demo company's seed: same seed, same bytes.")] = 20260101,
    scale: Annotated[float, typer.Option(help="Size of the demo company; 1 is about 1,500 customers.")] = 1.0,
) -> None:
    """Play three closed quarters and an open one on the demo company, and deliver its packs to an outbox."""
    from pipelines.demo import OtherWorld, play
    from pipelines.execute import RunFailed
    from pipelines.signing import closed_later

    try:
        play(home, console, seed=seed, scale=scale)
        for line in closed_later(open_home(home, home / "company")):
            console.print(line)
    except (RunFailed, OtherWorld) as failure:
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
    from pipelines.doctor import orders_unknown
    from pipelines.signing import closed_later

    place = open_home(home, company)
    outcome = started("nightly", place, as_of=date_of(as_of), known_at=past_of(known_at))
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
    site = (place.validation if facts["is_live"] else place.validation / "replay") / "index.html"
    for line in [*closed_later(place), *(f"{one.subject}: {one.says}; {one.cure}" for one in orders_unknown(place))]:
        console.print(f"  {line}")
    for warning in outcome.warnings:
        console.print(f"  did not hold, see {site}: {warning}")


@app.command()
def status(home: HomeOption = None, company: CompanyOption = None, json: JsonOption = False) -> None:
    """What is published, as of when, how fresh and how trustworthy."""
    import duckdb

    from pipelines.doctor import field_changes, orders_unknown
    from pipelines.publish import clocks_of
    from pipelines.signing import closed_later

    place = open_home(home, company)
    clocks = clocks_of(place.published)
    if clocks is None:
        raise stop("Nothing is published yet: run `quarterdeck run` or `make demo`.", NOTHING_YET)
    changes, idle = field_changes(place.lake, clocks[1]), orders_unknown(place)
    later = closed_later(place)
    with duckdb.connect(str(place.published), read_only=True) as connection:
        trust = connection.execute(
            """select source, object, last_pulled_at, records, quarantined, failed_checks, grade
            from core.data_trust order by source, object"""
        ).fetchall()
        tables = connection.execute(
            """select schema_name || '.' || table_name, grade, score, freshness, coverage, checks, hand_share
            from core.table_trust order by score, 1"""
        ).fetchall()
        held = connection.execute("select count(*) from core.quarantine").fetchone()[0]
        asked = "select crm, company_file, object, word, records from core.undecided_words order by all"
        # an older version published without it
        words = connection.execute(asked).fetchall() if "core.undecided_words" in {row[0] for row in tables} else []
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
        facts = {"as_of": str(clocks[0]), "known_at": clocks[1].isoformat(), "data_trust": rows, "field_changes": changes}
        facts["closed_later"] = later
        facts["orders_unknown"] = [{"where": one.subject, "says": one.says} for one in idle]
        facts["undecided_words"] = [dict(zip(("crm", "file", "object", "word", "records"), row, strict=True)) for row in words]
        names = ("table", "grade", "score", "freshness", "coverage", "checks", "hand_share")
        facts["table_trust"] = [dict(zip(names, map(str, row), strict=True)) for row in tables]
        console.print_json(json_module.dumps(facts))
        return
    console.print(f"{place.published}\nas of {clocks[0]}, known at {clocks[1].isoformat()}, {held} rows in quarantine")
    unsaid = [
        f"{crm} {what}: {count} say {word!r}, and nobody said what it means: add a row to {file}"
        for crm, file, what, word, count in words
    ]
    for line in [*later, *(f"{one.subject}: {one.says}; {one.cure}" for one in idle), *unsaid]:
        console.print(line)
    table = Table("source", "object", "last pull (UTC)", "records", "quarantined", "failed checks", "grade", box=None)
    empty = [row for row in trust if row[0] == "company" and not any(row[3:6])]
    for row in trust:
        if row not in empty:
            table.add_row(*map(str, row))
    console.print(table)
    if empty:
        console.print(f"no rows in {len(empty)} company files: {', '.join(str(row[1]) for row in empty)}")
    graded = Table("published table", "grade", "score", "fresh", "covered", "checked", "by hand", box=None)
    for row in tables:
        graded.add_row(row[0], row[1], *(f"{part:.3f}" for part in row[2:]))
    console.print(graded)
    for change in changes:
        console.print("{source} {object}: field {field} {what} (pull of {pulled_at})".format(**change))


@app.command()
def doctor(home: HomeOption = None, company: CompanyOption = None, json: JsonOption = False) -> None:
    """Check the company folder, each CRM's credentials, rights, clock and limits, and how the lake last compared with it."""
    from pipelines.doctor import STOPS, examine

    found = examine(open_home(home, company))
    if json:
        console.print_json(json_module.dumps([{"where": where, **asdict(finding)} for where, finding in found]))
    else:
        for where, finding in found:
            cure = f" -> {finding.cure}" if finding.cure and not finding.is_good else ""
            console.print(f"{'ok' if finding.is_good else '!!'} {where}: {finding.subject}: {finding.says}{cure}")
    if wrong := {where for where, finding in found if not finding.is_good}:
        raise typer.Exit(WRONG_INPUT if STOPS in wrong else FAILED)
