"""How long a million credit events take to become commission lines, beside a plain query, pandas and the reference engine.

    python -m benchmarks.commission [--events 1000000] [--payees 2000] [--seed 1]

Prints a table in Markdown, and the ratios that the figures come to. `README.md` says what takes part and how it is measured.
Every contestant is a process: time, CPU and memory are its own, and what it found is compared with ours, row by row.

What to add here: a thing to measure, a ratio. What belongs elsewhere: who takes part (`contestants.py`), what is calculated
(`world.py`), whether what is calculated is right (`tests/commission_sql`).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.commission.contestants import CONTESTANTS, TELLS, Took, disagreements
from benchmarks.commission.world import build

SHOWN_MODELS = 6


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compete(name: str, folder: Path) -> None:
    """Run one contestant in this process and print what it took."""
    cpu = time.process_time()
    took = CONTESTANTS[name](folder)
    took.cpu = time.process_time() - cpu
    took.mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(msgspec.json.encode(took).decode())


def apart(*words: str) -> str:
    """The last line that this module says when run with these words in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.commission", *words], capture_output=True, text=True, check=False, env={**os.environ}
    )
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(words[:2])} did not run:\n{run.stderr.strip()}")
    return (run.stdout.splitlines() or [""])[-1]


def show_ratios(took: dict[str, Took]) -> None:
    """What the figures come to."""
    ours, rows = took["ours"], []
    rows.append(("time to the plain query", ours.seconds / took["yardstick"].seconds, "≤ 6"))
    rows.append(("CPU time to the plain query", ours.cpu / took["yardstick"].cpu, "≤ 6"))
    rows.append(("time of one more night to all, %", took["ours, next night"].seconds / ours.seconds * 100, "≤ 10"))
    rows.append(("CPU time of one more night to all, %", took["ours, next night"].cpu / ours.cpu * 100, "≤ 10"))
    rows.append(("memory at its most, MiB", max(ours.mib, took["ours, next night"].mib), "< 4096"))
    for name in ("pandas", "reference engine"):
        other = took[name].seconds / took[name].events
        rows.append((f"time an event of {name} to ours", other / (ours.seconds / ours.events), ""))
    say("\n### Ratios\n\n| | figure | goal |\n|---|---:|---:|")
    for text, figure, goal in rows:
        say(f"| {text} | **{figure:.{0 if figure >= 20 else 2}f}** | {goal} |")
    say("\nOurs by model: " + ", ".join(
        f"{name} {seconds:.1f} s" for name, seconds in sorted(ours.parts.items(), key=lambda one: -one[1])[:SHOWN_MODELS]
    ))  # fmt: skip


def machine() -> str:
    """What this ran on, and how busy it was."""
    kind = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {kind}, load average {os.getloadavg()[0]:.1f}"


def run(folder: Path, given: argparse.Namespace) -> None:
    """Build the world, then one contestant after the other."""
    say(f"`python -m benchmarks.commission --events {given.events} --payees {given.payees} --seed {given.seed}`; {machine()}\n")
    apart("--build", str(folder), "--events", str(given.events), "--payees", str(given.payees), "--seed", str(given.seed))
    say("| who | events | s | CPU s | µs/event | MiB | rows that differ from ours |\n|---|---:|---:|---:|---:|---:|---:|")
    took: dict[str, Took] = {}
    for name in CONTESTANTS:
        one = took[name] = msgspec.json.decode(apart("--compete", name, str(folder)), type=Took)
        differ = "{} of {:,}".format(*disagreements(folder, name)) if name in TELLS else ""
        rate = one.seconds / one.events * 1e6
        say(f"| {name} | {one.events:,} | {one.seconds:.1f} | {one.cpu:.1f} | {rate:,.1f} | {one.mib:.0f} | {differ} |")
    show_ratios(took)
    say(f"\nLoad average at the end {os.getloadavg()[0]:.1f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commission", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--payees", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--compete", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compete:
        compete(given.compete[0], Path(given.compete[1]))
    elif given.build:
        build(Path(given.build), given.seed, given.events, given.payees)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), given)


if __name__ == "__main__":
    main()
