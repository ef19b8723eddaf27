"""The demo: three closed quarters and an open one of a made-up company, played night by night over the two simulators.

What to add here: a scene. What belongs elsewhere: what any night does (`jobs.py`), the company itself (`simulators/world`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.dbt_runner import environment, project, read_project
from pipelines.execute import Outcome, execute
from pipelines.partitions import MONTHS, Period
from pipelines.publish import clocks_of
from pipelines.resources import Home, night_of
from pipelines.show import steps_shown

if TYPE_CHECKING:
    from simulators.server import RunningSimulators

ZONE = "Asia/Shanghai"
NIGHTS = (date(2026, 6, 30), date(2026, 9, 30), date(2026, 11, 18))
FIRST_MONTH = "2026-01"
QUARTER = "2026-Q3"
QUARTER_END = Period.named(QUARTER).last
LAST_DAY = date(2026, 12, 30)


def surroundings(zoho_url: str, fxiaoke_url: str) -> dict[str, str]:
    """The environment under which the connectors reach the simulators instead of the vendors."""
    from simulators.credentials import CREDENTIALS

    zoho, fxiaoke = CREDENTIALS["zoho"], CREDENTIALS["fxiaoke"]
    return {
        "QUARTERDECK_ZOHO_ACCOUNTS_URL": zoho_url,
        "QUARTERDECK_ZOHO_API_URL": zoho_url,
        "QUARTERDECK_ZOHO_CLIENT_ID": zoho["client_id"],
        "QUARTERDECK_ZOHO_CLIENT_SECRET": zoho["client_secret"],
        "QUARTERDECK_ZOHO_REFRESH_TOKEN": zoho["refresh_token"],
        "QUARTERDECK_FXIAOKE_URL": fxiaoke_url,
        "QUARTERDECK_FXIAOKE_APP_ID": fxiaoke["app_id"],
        "QUARTERDECK_FXIAOKE_APP_SECRET": fxiaoke["app_secret"],
        "QUARTERDECK_FXIAOKE_PERMANENT_CODE": fxiaoke["permanent_code"],
        "QUARTERDECK_FXIAOKE_USER": fxiaoke["open_user_id"],
    }


@dataclass(slots=True)
class Play:
    """A demo in its home: which nights were played already, and what each scene took."""

    home: Home
    world: Path
    console: Console
    running: RunningSimulators
    pulled: int = 0
    took: dict[str, float] = field(default_factory=dict)

    def night(self, as_of: date) -> None:
        """Move the world to the night after a business date, let finance keep its books, and run the nightly job."""
        from simulators.world import company_books

        known_at = night_of(as_of, ZONE)
        self.running.move_to(known_at)
        company_books(self.world, known_at, self.home.company_folder)
        outcome = self.job("nightly", f"night of {as_of}", as_of=as_of, known_at=known_at)
        self.pulled += sum(
            int(facts.get("dagster/row_count", 0))
            for asset, facts in outcome.made.items()
            if asset.startswith("raw_") and not asset.startswith("raw_ops") and facts.get("pulled")
        )

    def close(self, month: str, as_of: date, minutes: int) -> None:
        """Close a month some minutes after the night that described it."""
        self.job(
            "close_month",
            f"close {month}",
            partition=month,
            known_at=night_of(as_of, ZONE) + timedelta(minutes=minutes),
        )

    def refresh(self) -> None:
        """Let the published marts show what was closed."""
        as_of, known_at = clocks_of(self.home.published)
        self.job("refresh_finance", "finance marts show it", as_of=as_of, known_at=known_at + timedelta(hours=2))

    def job(self, name: str, title: str, **how: object) -> Outcome:
        """Run a job with its progress shown, and remember how long it took."""
        started = time.monotonic()
        with steps_shown(self.console, title):
            outcome = execute(name, self.home, **how)
        self.took[title] = time.monotonic() - started
        return outcome


def played(home: Home) -> date | None:
    """The newest business date that is published, or None before the first night."""
    clocks = clocks_of(home.published)
    return clocks[0] if clocks else None


class OtherWorld(Exception):
    """The home was played with another made-up company than this version makes."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} was played with another demo company: by another version of Quarterdeck, or with another --seed or --scale. "
            f"Its lake and this company do not fit together. Remove it (rm -r {root}), or play in another --home."
        )


def prepare(home: Home, world: Path, console: Console, seed: int, scale: float) -> None:
    """Make the demo company's two CRMs and copy its decisions, once; `OtherWorld` where another company was played before."""
    from simulators.world import recipe

    made_by, wanted = world / "made_by", recipe(seed, scale)
    if not made_by.exists() or made_by.read_text() != wanted:
        if (home.path / "lake").exists():
            raise OtherWorld(home.path)
        shutil.rmtree(world, ignore_errors=True)
        with steps_shown(console, f"making the demo company (seed {seed})"):
            _make(world, seed, scale)
        made_by.write_text(wanted)
    if not home.company_folder.exists():
        shutil.copytree(Path(__file__).parent.parent / "company", home.company_folder)


def _make(world: Path, seed: int, scale: float) -> None:
    """The world, in a process of its own; this one reads meanwhile what a night will want, which takes as long."""
    command = [sys.executable, "-m", "simulators.world", str(world), "--seed", str(seed), "--scale", str(scale)]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL) as making:  # noqa: S603 - our own module
        for module in ("pipelines.definitions", "expectations.engine"):
            import_module(module)
        read_project(project)
    if making.returncode:
        raise subprocess.CalledProcessError(making.returncode, command)


def play(root: Path, console: Console, *, seed: int, scale: float) -> None:
    """Play what is left of the demo: the first time all of it, after that one more night."""
    root = root.absolute()
    home = Home(root=str(root), company=str(root / "company"))
    with home.alone("demo"):
        _play(home, console, seed, scale)


def _play(home: Home, console: Console, seed: int, scale: float) -> None:
    """The play itself, in a home that is ours alone."""
    from simulators.server import serve

    world = home.path / "world"
    began = time.monotonic()
    console.print("Quarterdeck demo: two CRMs, one company, three closed quarters and an open one.\n")
    prepare(home, world, console, seed, scale)
    before = played(home)
    with (
        serve(world / "records", at=datetime(2026, 6, 30, tzinfo=UTC), options={"limits": "off"}) as running,
        environment(surroundings(running.zoho_url, running.fxiaoke_url)),
    ):
        scene = Play(home, world, console, running)
        nights = [night for night in NIGHTS if before is None or night > before]
        if not nights and before is not None and before < LAST_DAY:
            nights = [before + timedelta(days=1)]
        for night in nights:
            scene.night(night)
            ended = [month for month in MONTHS if month >= FIRST_MONTH and Period.named(month).last <= night <= QUARTER_END]
            closing = [month for month in ended if before is None or Period.named(month).last > before]
            for minutes, month in enumerate(closing, start=60):
                scene.close(month, night, minutes)
            if night == QUARTER_END:
                scene.refresh()  # the next night would show it too, but the quarter's pack wants it now
            before = night
        if (archive := _quarter_end(home)) is not None:
            as_of, known_at = archive
            pack = scene.job("quarterly_pack", f"review pack {QUARTER}", partition=QUARTER, as_of=as_of, known_at=known_at)
            statements = scene.job(
                "commission_statements", "statements 2026-09", partition="2026-09", as_of=as_of, known_at=known_at
            )
    _tell(scene, console, time.monotonic() - began, pack, statements)


def _quarter_end(home: Home) -> tuple[date, datetime] | None:
    from pipelines.publish import archived

    found = archived(home.archive, QUARTER_END)
    return clocks_of(found) if found else None


def _tell(scene: Play, console: Console, seconds: float, pack: Outcome, statements: Outcome) -> None:
    home = scene.home
    pack_facts = {**pack.made["reports/quarterly_management_pack"], **pack.made["delivered/quarterly_management_pack"]}
    pay_facts = {**statements.made["reports/commission_statements"], **statements.made["delivered/commission_statements"]}
    sent = int(pack_facts["sent"]) + int(pay_facts["sent"])
    sent_before = int(pack_facts["sent_before"]) + int(pay_facts["sent_before"])

    def place(path: object) -> str:
        path = Path(str(path))
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)

    console.print(
        f"\nDone in {seconds:.0f} s. {scene.pulled:,} new versions of records pulled; "
        f"{sent} mails sent, {sent_before} had been sent before.\n"
    )
    for what, where in (
        ("review pack", pack_facts["folder"]),
        ("statements", pay_facts["folder"]),
        ("finance's workbook", statements.made["reports/commission_workbook"]["file"]),
        ("mails", home.outbox),
        ("warehouse", home.published),
        ("checks", home.validation / "index.html"),
        ("ledger", home.ledger),
    ):
        console.print(f"  {what:<20} {place(where)}")
    console.print(
        "\nTry next:\n"
        f"  .venv/bin/quarterdeck status --home {place(home.path)}\n"
        f"  .venv/bin/quarterdeck plan show key-accounts-2026\n"
        "  make demo        once more: one more night, only what changed is pulled, nothing is sent again\n"
        "  make dev         the whole graph in Dagster"
    )
