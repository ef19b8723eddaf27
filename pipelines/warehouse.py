"""From raw tables to the published warehouse: the dbt build, the swap.

What to add here: a condition under which a build may replace what readers have.
What belongs elsewhere: what a run hands to dbt (`inputs.py`), models (`dbt_project/`), doors (`checks.py`).
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from commission.ledger import Ledger
from pipelines.dbt_runner import project, run_dbt
from pipelines.publish import READER_SCHEMAS, clocks_of, publish, stamp
from pipelines.reports import code_hash
from pipelines.resources import Clocks, Home

AS_PUBLISHED = "as_published"  # beside a build: the clocks under which it was published, and by which models


def _built(as_of: date, known_at: datetime) -> str:
    return f"{stamp(as_of, known_at)} {code_hash('dbt_project/models', 'dbt_project/macros')}"


def no_part_fits(home: Home, building: Path) -> str:
    """Why a part cannot be built into what the last published nightly left; empty when it can.

    A close asks before it posts: afterwards its month would stand in the ledger and in no warehouse until the next night.
    """
    left, published = building / AS_PUBLISHED, clocks_of(home.published)
    if published is None or not left.exists() or left.read_text().split()[0] != stamp(*published):
        return "A part is built into what the last published nightly left, which is not there: run a nightly first."
    if left.read_text() != _built(*published):
        return "The models have changed since the last published nightly, a part of them would not fit: run a nightly first."
    return ""


NOT_AT_NIGHT = ["--exclude-resource-type", "unit_test"]  # they test the code, so they run where the code changes


class SeedsAfterTheDoor(DagsterDbtTranslator):
    """Seeds read nothing, so without this they would come before the door in and cut the one dbt step in two."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The usual asset; of a seed, after the run's clocks."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if not spec.owners:
            reader = spec.key.path[0] if spec.key.path[0] in {"finance", "management"} else "data"
            spec = spec.replace_attributes(owners=[f"team:{reader}"])
        return spec.merge_attributes(deps=[["raw_ops", "clocks"]]) if unique_id.startswith("seed.") else spec


@dbt_assets(manifest=project.manifest_path, project=project, name="dbt_build", dagster_dbt_translator=SeedsAfterTheDoor())
def warehouse(context: dg.AssetExecutionContext, home: Home, clocks: Clocks):
    """Build the warehouse with dbt in a file of its own; the published one is not touched."""
    clock = clocks.of(context, home.settings.time_zone)
    building = home.building(clock)
    target, stamped = building / "warehouse.duckdb", building / AS_PUBLISHED
    building.mkdir(parents=True, exist_ok=True)
    if not context.is_subset:
        target.unlink(missing_ok=True)
        stamped.unlink(missing_ok=True)
    elif reason := no_part_fits(home, building):
        raise dg.Failure(reason)
    yield from run_dbt(context, project, SeedsAfterTheDoor(), ["build", *NOT_AT_NIGHT], home.dbt_environment(building))


# Raw tables that some model reads: without them figures are wrong, without the others only that table is old.
modelled_tables = frozenset(
    f"{source['schema']}.{source['name']}" for source in json.loads(project.manifest_path.read_text())["sources"].values()
)
reader_tables = sorted(key for key in warehouse.keys if key.path[0] in READER_SCHEMAS)
last_tables = frozenset(reader_tables) - {parent for parents in warehouse.asset_deps.values() for parent in parents}


@dg.asset(key=["published", "warehouse"], deps=reader_tables, group_name="published", kinds={"duckdb"}, owners=["team:data"])
def published_warehouse(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """The warehouse readers open: replaced in one step, only when every blocking check held; the former ones are kept."""
    clock = clocks.of(context, home.settings.time_zone)
    found = pq.read_table(home.found_by(clock) / "door_out.validations.parquet").to_pylist()
    if stopping := [f"{row['suite']}: {row['rule']} ({row['observed'] or row['failed_count']})" for row in found if _stops(row)]:
        raise dg.Failure("Not published, readers keep what they have. At the door out: " + "; ".join(stopping))
    building = home.building(clock)
    closes = [step.at for step in Ledger(home.ledger).closings().values()]
    asked = {
        suite: (len(its), sum(not row["is_passed"] for row in its))
        for suite in {row["suite"] for row in found}
        for its in [[row for row in found if row["suite"] == suite]]
    }
    target = building / "warehouse.duckdb"
    kept, is_live = publish(target, home.published, home.archive, clock.as_of, clock.known_at, closes, asked)
    if is_live:
        (building / AS_PUBLISHED).write_text(_built(clock.as_of, clock.known_at))
    return dg.MaterializeResult(
        metadata={
            "as_of": str(clock.as_of),
            "known_at": clock.known_at.isoformat(),
            "archived": kept.name,
            "is_live": is_live,
        }
    )


def _stops(row: dict[str, Any]) -> bool:
    return not row["is_passed"] and row["kind"] == "table" and row["severity"] == "critical"
