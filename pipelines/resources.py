"""Where things lie, which two clocks a run obeys, and how the CRMs are reached: the only file that reads the environment.

What to add here: a place, a secret, a host. What belongs elsewhere: what is done with them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from connectors import fxiaoke, zoho
from connectors.company import Company
from connectors.lake import Lake


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks of a run: the business date it describes and which pulls it may see (aware, UTC)."""

    as_of: date
    known_at: datetime


def night_of(as_of: date, time_zone: str, at: time = time(2)) -> datetime:
    """When the nightly run for a business date runs: 02:00 local time of the next day, in UTC."""
    return datetime.combine(as_of + timedelta(days=1), at, ZoneInfo(time_zone)).astimezone(UTC)


class Clocks(dg.ConfigurableResource):
    """The run's two clocks. Left empty: the moment the run was created, and the business day before it."""

    as_of: str = ""
    known_at: str = ""

    def of(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, time_zone: str) -> Clock:
        """The same answer in every step of a run, whichever process it runs in."""
        if self.known_at:
            known_at = datetime.fromisoformat(self.known_at).astimezone(UTC)
        else:
            record = context.instance.get_run_record_by_id(context.run_id)
            if record is None:
                raise dg.Failure("This run is not known to the instance, so its clocks cannot be told: pass as_of and known_at.")
            known_at = record.create_timestamp.astimezone(UTC)
        as_of = date.fromisoformat(self.as_of) if self.as_of else known_at.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)
        return Clock(as_of, known_at)


class Home(dg.ConfigurableResource):
    """The folder where everything we keep lies, and the company folder beside it."""

    root: str = ""  # QUARTERDECK_HOME, else ./var
    company: str = ""  # QUARTERDECK_COMPANY, else ./company

    @property
    def path(self) -> Path:
        return Path(self.root or os.environ.get("QUARTERDECK_HOME", "var")).absolute()

    @property
    def company_folder(self) -> Path:
        return Path(self.company or os.environ.get("QUARTERDECK_COMPANY", "company")).absolute()

    @property
    def lake(self) -> Lake:
        return Lake(os.environ.get("QUARTERDECK_LAKE", str(self.path / "lake")))

    @property
    def build(self) -> Path:
        return self.path / "build"

    @property
    def inputs(self) -> Path:
        return self.build / "inputs"

    @property
    def warehouse(self) -> Path:
        return self.build / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.path / "published" / "warehouse.duckdb"

    @property
    def archive(self) -> Path:
        return self.path / "published" / "history"

    @property
    def ledger(self) -> Path:
        return self.path / "ledger" / "commission"

    @property
    def validation(self) -> Path:
        return self.path / "validation"

    @property
    def outbox(self) -> Path:
        return self.path / "outbox"

    @property
    def receipts(self) -> Path:
        return self.path / "receipts"

    def load_company(self) -> Company:
        """The company folder, checked; raises with every bad cell at once."""
        return Company.load(self.company_folder)

    def dbt_environment(self) -> dict[str, str]:
        """What the dbt project reads of its surroundings."""
        return {
            "QUARTERDECK_LAKE": os.environ.get("QUARTERDECK_LAKE", str(self.path / "lake")),
            "QUARTERDECK_BUILD": str(self.build),
            "QUARTERDECK_WAREHOUSE": str(self.warehouse),
        }
