"""What a demo company costs in calls: its first load, the nights of a week, and the weekly comparison.

    python -m benchmarks.extract.calls

Prints a line for each CRM and night; `docs/fxiaoke.md` and `docs/zoho.md` quote them. About a minute.

What to add here: another kind of night whose calls an administrator wants to know.
What belongs elsewhere: what one object costs (`tests/connectors/test_calls.py` holds the formulas), how fast calls are made.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.extract.contestants import to_fxiaoke, to_zoho
from connectors.client import Manners
from connectors.lake import Lake, extract_all
from simulators.server import serve
from simulators.world import build_world

FIRST = datetime(2026, 9, 28, 18, 30, tzinfo=UTC)  # a Tuesday, half past two in China
NIGHTS = 9


def main() -> None:
    """The command line."""
    with tempfile.TemporaryDirectory() as folder:
        build_world(Path(folder))
        with serve(Path(folder) / "records", at=FIRST, options={"limits": "off"}) as crms:
            lake = Lake(f"{folder}/lake")
            for night in range(NIGHTS):
                at = FIRST + timedelta(days=night)
                crms.move_to(at)
                crms.reset()
                for source in (to_zoho(crms.zoho_url), to_fxiaoke(crms.fxiaoke_url, manners=Manners(concurrency=32))):
                    done = extract_all(source, lake, source.objects, known_at=at, run_id=f"night {night}")
                    landed = [one for one in done.manifests if one.pulled_at == at]
                    compared = sum(one.compared is not None for one in landed)
                    changed = sum(one.versions for one in landed)
                    sys.stdout.write(
                        f"{at:%a %d} {source.source:8}{crms.counts()[f'{source.source} calls']:5} calls, {changed:6} versions, "
                        f"{compared:2} objects compared, {len(done.faults)} faults\n"
                    )


if __name__ == "__main__":
    main()
