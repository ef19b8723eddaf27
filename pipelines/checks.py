"""The two doors as Dagster asset checks: suites of Great Expectations, run where data comes in and before it goes out.

What to add here: nothing per rule; a suite file is a check.
What belongs elsewhere: the rules and what they are asked about (`expectations/`).
"""

from collections.abc import Iterable, Iterator

import dagster as dg
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import CUSTOM_OBJECTS
from expectations import doors, site
from expectations.suites import DOOR_IN, DOOR_OUT, Suite, company_suite, suites
from expectations.validate import QUARANTINE_SCHEMA, VALIDATIONS_SCHEMA, Validation, quarantine_rows, validation_rows
from expectations.verdicts import Verdicts
from pipelines.raw import CRMS, SOURCES, key
from pipelines.resources import Clock, Clocks, Home
from pipelines.warehouse import last_tables, modelled_tables
from pipelines.work_calendar import worked_in_china

SHOWN_KEYS = 20
HOLDS = "rules_hold"
SUITES_RAW = [suite for suite in suites(*DOOR_IN) if suite.schema != "raw_ops"]
SUITES_PULLS = suites("raw_ops")
SUITES_OUT = suites(*DOOR_OUT)
OF_CATALOGUES = {f"raw_{source}.{obj.name}" for source, objects in SOURCES.items() for obj in objects}


def asset_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite guards: its table, under the same name; tables that only one company has share their CRM's asset."""
    is_custom = suite.source in CRMS and suite.name not in OF_CATALOGUES
    return dg.AssetKey([suite.schema, CUSTOM_OBJECTS if is_custom else suite.table])


def specs(guarded: Iterable[Suite], may_block: frozenset[dg.AssetKey] | None = None) -> list[dg.AssetCheckSpec]:
    """One check a table: an error stops the run, a warning is looked at. A check a rule would be 600 writes a night."""
    return [
        _spec(asset_of(suite), suite.notes, is_blocking=may_block is None or asset_of(suite) in may_block) for suite in guarded
    ]


def _spec(asset: dg.AssetKey, notes: str, *, is_blocking: bool) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        HOLDS,
        asset=asset,
        description=f"The suite's rules; bad rows go to quarantine, the run stops when the table itself is wrong: {notes}",
        blocking=is_blocking,
    )


def selected(guarded: list[Suite], context: dg.AssetCheckExecutionContext) -> list[Suite]:
    """The suites whose checks this run was asked for."""
    chosen = {check.asset_key for check in context.selected_asset_check_keys}
    return [suite for suite in guarded if asset_of(suite) in chosen]


def results(validations: list[Validation], context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """What the rules of each asset's tables found, with the failing rows named by their key."""
    by_asset: dict[dg.AssetKey, list[Validation]] = {check.asset_key: [] for check in context.selected_asset_check_keys}
    for validation in validations:
        by_asset[asset_of(validation.suite)].append(validation)
    for asset, its in by_asset.items():
        failed = [(validation, result) for validation in its for result in validation.results if not result.is_passed]
        stops = any(result.rule.is_blocking or result.error for _, result in failed)
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name=HOLDS,
            asset_key=asset,
            severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
            metadata={
                "rows": sum(validation.checked_count for validation in its),
                "rules": sum(len(validation.results) for validation in its),
                **{
                    result.rule.name if len(its) == 1 else f"{validation.suite.table}.{result.rule.name}": dg.MetadataValue.json(
                        {
                            "why it matters": result.rule.notes,
                            "failed": result.failed_count,
                            "found": result.error or result.observed,
                            "rows": [row.key for row in result.failing[:SHOWN_KEYS]],
                        }
                    )
                    for validation, result in failed
                },
            },
        )


def keep(home: Home, door: str, validations: list[Validation], clock: Clock, guarded: Iterable[Suite]) -> None:
    """Write what was found where the run's next steps and the validation site read it.

    A job that builds some tables asks about those alone; what the last night found of the others `guarded` here still holds.
    """
    folder = home.found_by(clock)
    folder.mkdir(parents=True, exist_ok=True)
    known = {suite.name: (suite.source, suite.table) for suite in guarded}
    others = {*known.values()} - {known[one.suite.name] for one in validations}
    for name, rows, schema in (
        ("quarantine", quarantine_rows(validations, clock.known_at), QUARANTINE_SCHEMA),
        ("validations", validation_rows(validations), VALIDATIONS_SCHEMA),
    ):
        path = folder / f"{door}.{name}.parquet"
        before = pq.read_table(path).to_pylist() if others and path.exists() else []
        kept = [row for row in before if (row["source"], row["object"]) in others]
        pq.write_table(pa.Table.from_pylist([*rows, *kept], schema=schema), path)
    told = {"as_of": clock.as_of, "known_at": clock.known_at, "time_zone": home.settings.time_zone}
    site.keep(folder, door, validations, [*known], **told)
    site.render(folder)


def in_use(home: Home) -> list[str]:
    """The sources this company has: a configured CRM that brought nothing is a failure, another one is not in use."""
    return [*home.settings.crm, "company"]


def left_out(home: Home) -> dict[str, str]:
    """Raw tables that the company does not want filled, and where it says so."""
    return {
        f"raw_{crm}.{name}": f"left out in company.yaml, crm: {crm}: objects"
        for crm, settings in home.settings.crm.items()
        for name in settings.left_out(SOURCES[crm])
    }


def custom_suites(home: Home) -> list[Suite]:
    """A suite for each object that only this company has: what holds for every raw table, and what its own file adds."""
    return [
        company_suite(home.company_folder, f"raw_{crm}", name)
        for crm, settings in home.settings.crm.items()
        for name in settings.custom_objects
    ]


@dg.multi_asset_check(
    name="door_in",
    specs=[
        *specs(SUITES_RAW),
        *(_spec(key(crm, CUSTOM_OBJECTS), "objects that only this company has", is_blocking=True) for crm in CRMS),
    ],
    can_subset=True,
    description="Door in: the newest version of every raw row; bad rows go to quarantine, bad tables stop the run.",
)
def door_in(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.AssetCheckResult]:
    """Ask every raw suite about the lake's current versions; a table that has not changed keeps its verdict."""
    clock = clocks.of(context, home.settings.time_zone)
    guarded = [*SUITES_RAW, *custom_suites(home)]
    validations = doors.door_in(
        selected(guarded, context),
        home.lake.root,
        known_at=clock.known_at,
        sources=in_use(home),
        not_read=left_out(home),
        verdicts=Verdicts(home.found_by(clock) / "verdicts"),
    )
    keep(home, "door_in", validations, clock, guarded)
    yield from results(validations, context)


@dg.multi_asset_check(
    name="door_in_pulls",
    specs=specs(SUITES_PULLS),
    can_subset=True,
    description="Door in: is every raw table fresh, and not suddenly smaller than before its last pull?",
)
def door_in_pulls(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.AssetCheckResult]:
    """Ask about the pulls; the raw tables are counted for it, their own rules are not asked again."""
    clock = clocks.of(context, home.settings.time_zone)
    silent = left_out(home)
    manifests = [
        {**msgspec.structs.asdict(manifest), "is_modelled": f"raw_{manifest.source}.{manifest.object}" in modelled_tables}
        for manifest in home.lake.manifests(clock.known_at)
        if f"raw_{manifest.source}.{manifest.object}" not in silent
    ]
    validations = doors.door_in(
        selected(SUITES_PULLS, context),
        home.lake.root,
        known_at=clock.known_at,
        pulls=manifests,
        sources=in_use(home),
        is_workday=worked_in_china(clock.as_of.year + 1),
        zone=home.settings.time_zone,
    )
    keep(home, "door_in_pulls", validations, clock, SUITES_PULLS)
    yield from results(validations, context)


@dg.multi_asset_check(
    # Blocking in the middle of the dbt graph would cut its one step in pieces; the last tables hold publication back,
    # and `published/warehouse` itself refuses when any table's blocking rule failed.
    name="door_out",
    specs=specs(SUITES_OUT, last_tables),
    can_subset=True,
    description="Door out: every table a reader receives, before it replaces what they have.",
)
def door_out(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.AssetCheckResult]:
    """Ask every published suite about the warehouse that was just built."""
    clock = clocks.of(context, home.settings.time_zone)
    validations = doors.door_out(
        selected(SUITES_OUT, context),
        home.building(clock) / "warehouse.duckdb",
        as_of=clock.as_of,
        known_at=clock.known_at,
        published=None if home.is_replay(clock) else home.published,  # an older warehouse is smaller, and that is right
    )
    keep(home, "door_out", validations, clock, SUITES_OUT)
    yield from results(validations, context)
