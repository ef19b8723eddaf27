"""The demo company as a lake, landed straight from its records: no HTTP in between, so that dbt can be tried and timed alone.

What to add here: nothing but what a landing needs.
What belongs elsewhere: the records (`simulators/world`), the way over HTTP (`pipelines`), hand-made rows (`fixtures.py`).
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from commission.plan import acceptance_rows, load_plans, plan_rows
from connectors.catalogue import CrmObject, Field
from connectors.client import Page, Window
from connectors.company import Company
from connectors.fxiaoke import FxiaokeConnection, FxiaokeSettings
from connectors.lake import Lake
from connectors.privacy import Privacy
from connectors.values import decoder
from connectors.zoho import ZohoConnection, ZohoSettings
from simulators.world import SEED, build_world, company_books
from tests.dbt_project.fixtures import write_inputs

ZONE = ZoneInfo("Asia/Shanghai")
FILES = {"departments": "_departments", "users": "_staff"}
ROOT = Path(__file__).parent.parent.parent


def known_at(as_of: date) -> datetime:
    """When the nightly run for a business date happens."""
    return datetime.combine(as_of, time(2), ZONE) + timedelta(days=1)


def land_demo(home: Path, as_of: date, *, seed: int = SEED, scale: float = 1.0) -> None:
    """The demo company under `home`: its world, the lake as known the night after `as_of`, and the run's inputs."""
    world, folder, moment = home / "world", home / "company", known_at(as_of)
    if not world.exists():
        build_world(world, seed, scale)
    shutil.copytree(ROOT / "company", folder, dirs_exist_ok=True)
    company_books(world, moment, folder)
    company = Company.load(folder)
    plans = load_plans(folder / "plans")
    books = company.connection(plan_rows(plans), acceptance_rows(plans, folder))
    uscc = {"accounts": (Field("uscc", "USCC"),)}
    crms = (
        ZohoConnection(ZohoSettings(client_id="", client_secret="", refresh_token="", custom_fields=uscc)),
        FxiaokeConnection(FxiaokeSettings(app_id="", app_secret="", permanent_code="")),
    )
    lake, window = Lake(str(home / "lake")), Window(None, moment.astimezone(UTC))
    for connection in (*crms, books):
        lake.ensure(connection.source, connection.objects)
        for obj in connection.objects:
            pages = books.pull(obj, window) if connection is books else _pages(world / "records" / connection.source, obj, moment)
            lake.land(
                connection.source,
                obj,
                pages,
                pulled_at=moment.astimezone(UTC),
                run_id=f"nightly-{as_of}",
                window=window,
                cast=connection.cast,
            )
    write_inputs(home / "build", company.settings, as_of, moment, lake.manifests(), quarantine=_spoilt(home))


def _spoilt(home: Path) -> list[dict[str, Any]]:
    """The rows that the world spoilt on purpose, as the door in would set them aside."""
    with (home / "world" / "truth" / "planted.csv").open(encoding="utf-8", newline="") as lines:
        planted = [row for row in csv.DictReader(lines) if row["kind"] == "spoilt_row"]
    rows = []
    for row in planted:
        for path in sorted((home / "lake" / f"raw_{row['source']}" / row["object"]).glob("*.parquet")):
            versions = pq.read_table(
                path, columns=["key", "record_hash", "pulled_at"], filters=[("key", "=", row["key"])]
            ).to_pylist()
            rows += [
                {
                    "source": row["source"],
                    "object": row["object"],
                    "key": row["key"],
                    "record_hash": version["record_hash"],
                    "rule": row["note"],
                    "reason": row["note"],
                    "first_seen_at": version["pulled_at"],
                    "last_seen_at": version["pulled_at"],
                }
                for version in versions
            ]
    return rows


def _pages(folder: Path, obj: CrmObject, moment: datetime) -> Iterator[Page]:
    """The records of one object as they stood at a moment, without what is personal."""
    privacy, newest = Privacy(obj, frozenset()), {}
    name = FILES.get(obj.name, obj.api_name) if folder.name == "fxiaoke" else obj.api_name
    file = folder / f"{name}.ndjson"
    if not file.exists():  # an object that the demo company does not use, or what a CRM says about itself
        return
    with file.open("rb") as lines:
        for line in lines:
            record: dict[str, Any] = decoder.decode(line)
            at = record.pop("$at", None)
            if at is None or datetime.fromisoformat(at) < moment:
                newest[str(record[obj.key])] = record
    records = [record for record in newest.values() if record.pop("$deleted", None) in (None, "invalid")]
    withheld: set[str] = set()
    yield Page([privacy.cleaned(record, withheld) for record in records], frozenset(withheld))
