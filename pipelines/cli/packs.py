"""Commands that build and deliver reports.

What to add here: a report to ask for by hand. What belongs elsewhere: what is in it (`reports/`), sending (`delivery/`).
"""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from pipelines.cli.app import (
    NOTHING_YET,
    WRONG_INPUT,
    CompanyOption,
    HomeOption,
    JsonOption,
    app,
    console,
    open_home,
    started,
    stop,
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
def customer(
    name: Annotated[str, typer.Argument(help="A part of the customer's name, its credit code, or its customer_key.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """客户卡: one customer's 资料卡, 策略卡 and 月评卡 as a PDF."""
    import duckdb

    from reports.customer import build_cards

    place = open_home(home, None)
    if not place.published.exists():
        raise stop("Nothing is published yet: run `quarterdeck run` or `make demo`.", NOTHING_YET)
    with duckdb.connect(str(place.published), read_only=True) as connection:
        found = connection.execute(
            """select customer_key, name, tier from management.customer_cards
            where $1 in (customer_key, uscc, name) or contains(name, $1) order by name <> $1, name limit 20""",
            [name],
        ).fetchall()
    if not found:
        raise stop(f"No customer with orders, opportunities or a decision is called {name!r}.", WRONG_INPUT)
    if len(found) > 1 and found[0][1] != name:
        raise stop("Which one? " + "; ".join(f"{called} ({key})" for key, called, _ in found), WRONG_INPUT)
    path = build_cards(place.published, found[0][0], place.path / "cards")
    if json:
        facts = dict(zip(("customer_key", "name", "tier"), found[0], strict=True))
        console.print_json(json_module.dumps({**facts, "file": str(path)}))
        return
    console.print(f"{found[0][1]}: {path}")
