"""Commands that build and deliver reports.

What to add here: a report to ask for by hand. What belongs elsewhere: what is in it (`reports/`), sending (`delivery/`).
"""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from pipelines.cli.app import NOTHING_YET, CompanyOption, HomeOption, JsonOption, app, console, open_home, started, stop


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
