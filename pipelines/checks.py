"""The two doors as Dagster asset checks: suites of Great Expectations, run where data comes in and before it goes out.

What to add here: nothing per rule; a suite file is a pair of checks.
What belongs elsewhere: the rules and what they are asked about (`expectations/`).
"""

from collections.abc import Iterator

import dagster as dg
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from expectations import doors, site
from expectations.suites import DOOR_IN, DOOR_OUT, Suite, suites
from expectations.validate import QUARANTINE_SCHEMA, VALIDATIONS_SCHEMA, Validation, quarantine_rows, validation_rows
from pipelines.resources import Clock, Clocks, Home
from pipelines.warehouse import last_tables

SHOWN_KEYS = 20
HOLDS, WATCHED = "table_holds", "rows_are_good"
MEANINGS = {HOLDS: "The run stops when one of these fails", WATCHED: "Bad rows go to quarantine, warnings are looked at"}
SUITES_RAW = [suite for suite in suites(*DOOR_IN) if suite.schema != "raw_ops"]
SUITES_PULLS = suites("raw_ops")
SUITES_OUT = suites(*DOOR_OUT)


def asset_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite guards: its table, under the same name."""
    return dg.AssetKey([suite.schema, suite.table])


def specs(guarded: list[Suite], may_block: frozenset[dg.AssetKey] | None = None) -> list[dg.AssetCheckSpec]:
    """Two checks a table: its blocking rules, and all others. A check a rule would be 450 of them, and as many writes a night."""
    return [
        dg.AssetCheckSpec(
            name,
            asset=asset_of(suite),
            description=f"{meaning}: {suite.notes}",
            blocking=name == HOLDS and (may_block is None or asset_of(suite) in may_block),
        )
        for suite in guarded
        for name, meaning in MEANINGS.items()
        if _rules(suite, name)
    ]


def _rules(suite: Suite, check: str) -> set[str]:
    return {rule.name for rule in suite.rules if rule.is_blocking == (check == HOLDS)}


def selected(guarded: list[Suite], context: dg.AssetCheckExecutionContext) -> list[Suite]:
    """The suites with only the rules whose checks this run was asked for."""
    chosen: dict[dg.AssetKey, set[str]] = {}
    for key in context.selected_asset_check_keys:
        chosen.setdefault(key.asset_key, set()).add(key.name)
    return [
        suite.only(set().union(*(_rules(suite, check) for check in chosen[asset_of(suite)])))
        for suite in guarded
        if asset_of(suite) in chosen
    ]


def results(validations: list[Validation]) -> Iterator[dg.AssetCheckResult]:
    """What the rules of each table found, with the failing rows named by their key."""
    for validation in validations:
        for check in MEANINGS:
            found = [result for result in validation.results if result.rule.is_blocking == (check == HOLDS)]
            if not found:
                continue
            failed = [result for result in found if not result.is_passed]
            stops = check == HOLDS or any(result.error for result in failed)
            yield dg.AssetCheckResult(
                passed=not failed,
                check_name=check,
                asset_key=asset_of(validation.suite),
                severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
                metadata={
                    "rows": validation.checked_count,
                    "rules": len(found),
                    **{
                        result.rule.name: dg.MetadataValue.json(
                            {
                                "why it matters": result.rule.notes,
                                "failed": result.failed_count,
                                "found": result.error or result.observed,
                                "rows": [row.key for row in result.failing[:SHOWN_KEYS]],
                            }
                        )
                        for result in failed
                    },
                },
            )


def keep(home: Home, door: str, validations: list[Validation], clock: Clock) -> None:
    """Write what was found where the run's next steps and the validation site read it."""
    home.validation.mkdir(parents=True, exist_ok=True)
    for name, rows, schema in (
        ("quarantine", quarantine_rows(validations, clock.known_at), QUARANTINE_SCHEMA),
        ("validations", validation_rows(validations), VALIDATIONS_SCHEMA),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), home.validation / f"{door}.{name}.parquet")
    folder = home.validation / "replay" if home.is_replay(clock) else home.validation  # the site describes what readers have
    site.keep(folder, door, validations, as_of=clock.as_of, known_at=clock.known_at, time_zone=home.settings.time_zone)
    site.render(folder)


def in_use(home: Home) -> list[str]:
    """The sources this company has: a configured CRM that brought nothing is a failure, another one is not in use."""
    return [*home.settings.crm, "company"]


@dg.multi_asset_check(
    name="door_in",
    specs=specs(SUITES_RAW),
    can_subset=True,
    description="Door in: the newest version of every raw row; bad rows go to quarantine, bad tables stop the run.",
)
def door_in(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.AssetCheckResult]:
    """Ask every raw suite about the lake's current versions."""
    clock = clocks.of(context, home.settings.time_zone)
    validations = doors.door_in(selected(SUITES_RAW, context), home.lake.root, known_at=clock.known_at, sources=in_use(home))
    keep(home, "door_in", validations, clock)
    yield from results(validations)


@dg.multi_asset_check(
    name="door_in_pulls",
    specs=specs(SUITES_PULLS),
    can_subset=True,
    description="Door in: is every raw table fresh, and not suddenly smaller than before its last pull?",
)
def door_in_pulls(context: dg.AssetCheckExecutionContext, home: Home, clocks: Clocks) -> Iterator[dg.AssetCheckResult]:
    """Ask about the pulls; the raw tables are counted for it, their own rules are not asked again."""
    clock = clocks.of(context, home.settings.time_zone)
    manifests = [msgspec.structs.asdict(manifest) for manifest in home.lake.manifests(clock.known_at)]
    counted = [suite.only(set()) for suite in SUITES_RAW]
    validations = doors.door_in(
        [*counted, *selected(SUITES_PULLS, context)],
        home.lake.root,
        known_at=clock.known_at,
        pulls=manifests,
        sources=in_use(home),
    )
    validations = [validation for validation in validations if validation.suite.rules]
    keep(home, "door_in_pulls", validations, clock)
    yield from results(validations)


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
    keep(home, "door_out", validations, clock)
    yield from results(validations)
