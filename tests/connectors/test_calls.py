"""What a night costs in calls is what `docs/` tells the administrators of both CRMs.

What to add here: another sentence of "What it costs".
What belongs elsewhere: what the demo company costs as a whole (`python -m benchmarks.extract.calls`), how fast calls are made.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.connectors.play import Event, Play, moment

DOCS = Path(__file__).parent.parent.parent / "docs"
FXIAOKE, ZOHO = (DOCS / "fxiaoke.md").read_text("utf-8"), (DOCS / "zoho.md").read_text("utf-8")
ALL = 450  # records


def pages(rows: int, size: int) -> int:
    """How many pages they fill."""
    return -(-rows // size)


def cost(folder: Path, crm: str, changed: int, deleted: int = 0) -> tuple[int, int]:
    """Calls of a night on which so many records changed and went, and those that a weekly comparison adds to a quiet night."""
    events = [Event(number, moment(-1, 60), "1.00") for number in range(ALL)]
    events += [Event(number, moment(0, 300), "2.00") for number in range(changed)]
    events += [Event(ALL - 1 - number, moment(0, 400), None) for number in range(deleted)]
    play = Play(crm, folder, events, {"max_per_page": 200} if crm == "zoho" else {"max_limit": 100})
    said = []
    try:
        for night, sweep_every in enumerate((None, None, None, timedelta(0))):
            before = play.simulation.counts[f"{play.source} calls"]
            play.night(night, sweep_every=sweep_every)
            said.append(play.simulation.counts[f"{play.source} calls"] - before)
    finally:
        play.close()
    assert (play.said, len(play.state())) == ([], ALL - deleted)
    return said[1], said[3] - said[2]


@pytest.mark.parametrize(("changed", "again"), [(1, 0), (250, 4)], ids=["a page", "more, whose ids are walked again"])
def test_a_night_with_fxiaoke_costs_what_its_page_says(changed: int, again: int, tmp_path: Path) -> None:
    for formula in ("`⌈c/100⌉ + 3`", "(`⌈c/100⌉ + 1` more)", "`⌈all/100⌉ + 2` more"):
        assert formula in FXIAOKE
    assert cost(tmp_path, "fxiaoke legacy", changed) == (pages(changed, 100) + 3 + again, pages(ALL, 100) + 2)


@pytest.mark.parametrize(("changed", "deleted"), [(0, 0), (201, 201)])
def test_a_night_with_zoho_costs_what_its_page_says(changed: int, deleted: int, tmp_path: Path) -> None:
    for formula in ("`1 + ⌈c/200⌉ × ⌈f/49⌉ + 1 + ⌈d/200⌉`, each part at least 1", "`⌈all records/2,000⌉` COQL calls too"):
        assert formula in ZOHO
    walk, gone = max(pages(changed, 200), 1), max(pages(deleted, 200), 1)
    assert cost(tmp_path, "zoho", changed, deleted) == (1 + walk + 1 + gone, pages(ALL - deleted, 2000))
