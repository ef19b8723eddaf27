"""How fast a first load lands: this connector, a plain loop and others, on one simulator, in one run, beside the bound.

    python -m benchmarks.extract [--deals 1000000] [--orders 300000] [--latency 0 40] [--limits] [--dlt PYTHON]

Prints a table in Markdown, and the ratios that the figures come to. `README.md` says what takes part and how it is measured.
Every contestant is a process: time, CPU and memory are its own; the simulator's CPU stands beside it, since it runs here too.

What to add here: a thing to measure, a ratio. What belongs elsewhere: who takes part (`contestants.py`), what is loaded
(`records.py`), whether what lands is right (`tests/connectors`), how the simulators answer (`simulators`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from benchmarks.extract.contestants import AT_ONCE, CONTESTANTS, Load, import_all
from benchmarks.extract.records import AT, BEGIN, deals, orders, write
from simulators.server import CREDENTIALS, RunningSimulators, serve

HERE = Path(__file__).parent
PAGE = {"deals": 200, "orders": 100}
CRM = {"deals": "zoho", "orders": "fxiaoke"}
# How many rows each contestant is measured on, where that is fewer than all: its rate is steady from there on.
SLICES = {
    "plain, deals": 200_000,
    "sdk, deals": 20_000,
    "dlt, deals": 100_000,
    "plain, orders": 60_000,
    "dlt, orders": 50_000,
}
LIMITED = 60_000  # orders that are loaded under the documented limits
SLOW_SLICES = {"plain, deals": 60_000, "plain, orders": 20_000, "sdk, deals": 10_000, "dlt, orders": 40_000}  # with latency


class Took(msgspec.Struct):
    """What one contestant took."""

    rows: int
    seconds: float
    cpu: float
    mib: float
    calls: int = 0
    simulator: float = 0.0  # its CPU seconds meanwhile

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


@dataclass(frozen=True, slots=True)
class Round:
    """All contestants at one latency."""

    latency: float
    took: dict[str, Took]

    def ratio(self, ours: str, other: str) -> float | None:
        """How many times the rate of another contestant; None if one of them did not take part."""
        if ours not in self.took or other not in self.took:
            return None
        return self.took[ours].rate / self.took[other].rate


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compete(name: str, url: str, most: int, until: datetime) -> None:
    """Run one contestant in this process and print what it took."""
    import_all(name)
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.perf_counter(), time.process_time()
        rows = CONTESTANTS[name](Load(url, Path(folder), most, until))
        took = {"rows": rows, "seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    sys.stdout.write(json.dumps({**took, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(crms: RunningSimulators, name: str, total: int, latency: float, dlt: str | None, limits: str = "off") -> Took | None:
    """What one contestant took, in a process of its own; None if it cannot take part."""
    what = "deals" if name in ("ours, bulk", "ours, pages") or name.endswith("deals") else "orders"
    most = min(total, {**SLICES, **(SLOW_SLICES if latency else {})}.get(name, total))
    until = AT if most == total else BEGIN + (AT - BEGIN - timedelta(days=1)) / total * most
    crms.reset()
    # Plain loops and dlt would end at the 100,000 records that one page token reaches.
    crms.options(limits=limits, latency_ms=latency, zoho={"page_token_records": 10_000_000})
    before = crms.status()["cpu_seconds"]
    url = crms.zoho_url if what == "deals" else crms.fxiaoke_url
    if name.startswith("dlt"):
        command = [str(dlt), str(HERE / "with_dlt.py"), name, url, str(most)]
    else:
        command = [sys.executable, "-m", "benchmarks.extract", "--compete", name, url, str(most), until.isoformat()]
    surroundings = {**os.environ, "QUARTERDECK_BENCHMARK_LOGIN": json.dumps(CREDENTIALS)}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings)
    if run.returncode != 0:
        say(f"| {name} did not run: {(run.stderr.strip().splitlines() or [run.returncode])[-1]} |||||||")
        return None
    after = crms.status()
    took = msgspec.json.decode(run.stdout.splitlines()[-1], type=Took)
    took.calls = after["counts"].get(f"{CRM[what]} calls", 0)
    took.simulator = after["cpu_seconds"] - before
    return took


def show(name: str, total: int, took: Took) -> None:
    """One line of the table."""
    rows = f"{took.rows:,}" if took.rows >= total else f"{took.rows:,} of {total:,}"
    say(
        f"| {name} | {rows} | {took.seconds:.1f} | {took.rate:,.0f} | {took.cpu / took.rows * 1e6:.1f} "
        f"| {took.simulator / took.rows * 1e6:.1f} | {took.mib:.0f} | {took.calls:,} |"
    )


def round_of(crms: RunningSimulators, latency: float, given: argparse.Namespace) -> Round:
    """All contestants, one after the other, at one latency."""
    say(f"\n### Limits off, {latency:g} ms latency\n")
    totals = {what: rows for what, rows in (("deals", given.deals), ("orders", given.orders)) if rows}
    for what, rows in totals.items():
        bound = latency / 1000 * rows / PAGE[what] / AT_ONCE[what]
        also = "; Bulk Read is not bound by it" if what == "deals" else ""
        pages = f"{rows / PAGE[what]:,.0f} pages x {latency:g} ms / {AT_ONCE[what]} at a time"
        say(f"Bound of {what}: {pages} = {bound:.1f} s{also}  ")
    say("\n| who, what | rows | s | rows/s | CPU µs/row | simulator's | MiB | calls |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    took: dict[str, Took] = {}
    for what, total in totals.items():
        ours = ["ours, bulk", "ours, pages"] if what == "deals" else ["ours, orders"]
        others = [name for name in CONTESTANTS if name.endswith(what) and name not in ours]
        for name in [*sorted(others), *ours, *([f"dlt, {what}"] if given.dlt else [])]:
            result = measured(crms, name, total, latency, given.dlt)
            if result is not None:
                took[name] = result
                show(name, total, result)
    return Round(latency, took)


def under_limits(latency: float) -> str:
    """The share of the allowed call rate that is used, and whether a throttle is ever tripped."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "fxiaoke" / "SalesOrderObj.ndjson", orders(LIMITED))
        with serve(Path(folder), at=AT, options={"limits": "off"}) as crms:
            took = measured(crms, "ours, limited", LIMITED, latency, None, limits="documented")
            counts = crms.counts()
    if took is None:
        return "the load under limits did not run"
    queries = counts["fxiaoke POST /cgi/crm/v2/data/query"]
    bound = (queries - 1) // 100 * 20
    refused = {name: count for name, count in counts.items() if "throttle" in name or "refused" in name}
    return (
        f"Documented limits: {took.rows:,} orders, {queries:,} queries in {took.seconds:.1f} s; 100 in 20 s need {bound} s: "
        f"**{bound / took.seconds:.0%}** of the allowed rate (goal 95 %); refusals: {refused or 'none'}"
    )


RATIOS: list[tuple[str, str, str, Callable[[float], bool], float]] = [
    ("deals by Bulk Read to dlt", "ours, bulk", "dlt, deals", lambda latency: latency > 0, 15),
    ("orders to dlt", "ours, orders", "dlt, orders", lambda latency: latency > 0, 8),
    ("deals by Bulk Read to the SDK", "ours, bulk", "sdk, deals", lambda latency: latency > 0, 20),
    ("orders to the SDK", "ours, orders", "sdk, deals", lambda latency: latency > 0, 20),
    ("deals by Bulk Read to a plain loop", "ours, bulk", "plain, deals", lambda latency: not latency, 0.5),
    ("deals by pages to a plain loop", "ours, pages", "plain, deals", lambda latency: not latency, 0.5),
    ("orders to a plain loop", "ours, orders", "plain, orders", lambda latency: not latency, 0.5),
]


def show_ratios(rounds: list[Round]) -> None:
    """What the figures come to."""
    say("\n### Ratios of rows a second\n\n| this connector's | latency | ratio | goal |\n|---|---:|---:|---:|")
    for text, ours, other, is_wanted, goal in RATIOS:
        for one in rounds:
            if is_wanted(one.latency) and (ratio := one.ratio(ours, other)) is not None:
                say(f"| {text} | {one.latency:g} ms | **{ratio:.2g}** | {goal:g} |" if ratio < 10 else
                    f"| {text} | {one.latency:g} ms | **{ratio:.0f}** | {goal:g} |")  # fmt: skip
    most = max((took.mib for one in rounds for name, took in one.took.items() if name.startswith("ours")), default=0.0)
    say(f"| memory at its most, MiB | | **{most:.0f}** | < 500 |")


def machine() -> str:
    """What this ran on, and how busy it was."""
    kind = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {kind}, load average {os.getloadavg()[0]:.1f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=400_000)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--latency", type=float, nargs="*", default=[0.0, 40.0], help="milliseconds, a round for each")
    parser.add_argument("--limits", action="store_true", help="also a load under the documented limits (two minutes)")
    parser.add_argument("--dlt", help="the Python of an environment with dlt")
    parser.add_argument("--compete", nargs=4, metavar=("NAME", "URL", "ROWS", "UNTIL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compete:
        name, url, most, until = given.compete
        compete(name, url, int(most), datetime.fromisoformat(until))
        return
    say(f"`python -m benchmarks.extract {' '.join(word for word in sys.argv[1:] if '/' not in word)}`; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "zoho" / "Deals.ndjson", deals(max(given.deals, 1)))
        write(Path(folder) / "fxiaoke" / "SalesOrderObj.ndjson", orders(max(given.orders, 1)))
        with serve(Path(folder), at=AT, options={"limits": "off"}) as crms:
            rounds = [round_of(crms, latency, given) for latency in given.latency]
            show_ratios(rounds)
            if given.limits:
                say(f"\n{under_limits(given.latency[-1])}")


if __name__ == "__main__":
    main()
