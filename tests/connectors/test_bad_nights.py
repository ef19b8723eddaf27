"""Seeded bad nights that mix every kind of trouble: whatever happens in them, after the last good night the lake is the CRM.

What to add here: nothing; a new kind of trouble joins by being named in `simulators/faults.py`.
What belongs elsewhere: single troubles and their outcome (`test_fault_matrix.py`), random histories (`tests/conformance`).
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from connectors.faults import Fault
from connectors.landing import Manifest
from simulators.faults import BadNight
from simulators.faults import Fault as Trouble
from tests.connectors.play import CRMS, FIRST, NIGHT, Play
from tests.connectors.scripted_crm import every_byte

PASSING = ("throttle", "server_error", "html", "truncated", "slow", "trickle", "stuck", "reset", "token_expired")
ONCE = (
    "quota",
    "token_revoked",
    "token_throttled",
    "page_token_expired",
    "repeated_page_token",
    "endless_pages",
    "short_page",
    "border_row",
    "doubled_row",
    "unsorted",
    "unfiltered",
    "wrong_info",
    "wrong_count",
    "broken_zip",
    "bulk_failure",
    "refuse",
)
SEEDS = range(20)


def trouble(luck: random.Random, seed: int, night: int, source: str) -> tuple[BadNight, list[Trouble]]:
    """What passes, at any call, and some of what happens once, somewhere."""
    mix = BadNight(seed=seed * 10 + night, rate=luck.choice((0.1, 0.25, 0.4)), in_a_row=3, seconds=0.04, kinds=PASSING)
    path = luck.choice(("", "/Deals", "/bulk", "/coql")) if source == "zoho" else luck.choice(("", "/data/query"))
    told: dict[str, Any] = {"path": path, "status": 403, "message": "NO_PERMISSION", "code": 20014}
    return mix, [Trouble(kind=luck.choice(ONCE), after=luck.randrange(12), **told) for _ in range(luck.randrange(3))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("crm", CRMS)
def test_after_the_last_good_night_the_lake_is_the_crm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, crm: str, seed: int
) -> None:
    caplog.set_level("DEBUG")
    luck = random.Random(f"{crm} {seed}")
    play = Play(crm, tmp_path)
    if play.is_zoho and luck.random() < 0.5:
        play.settings["bulk_from"] = 1
    seen = []
    for number in range(3):
        mix, once = trouble(luck, seed, number, play.source)
        play.simulation.faults.bad_night(mix)
        play.simulation.faults.add(*once)
        before, result = play.kept(), play.night(number)
        if isinstance(result, Fault):
            assert play.kept() == before
        else:
            seen.append(FIRST + number * NIGHT)
        play.simulation.faults.clear()
        play.here.cure()
    assert isinstance(play.night(3), Manifest)
    assert play.held() == play.truth([*seen, FIRST + 3 * NIGHT])
    told = (caplog.text + "".join(play.said)).encode() + every_byte(tmp_path / "lake")
    assert [secret for secret in play.secrets() if secret.encode() in told] == []
    play.close()
