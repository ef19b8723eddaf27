"""Raw assets: one per object of each CRM and one per file of the company folder, landed in the lake.

What to add here: nothing per object; a row of a catalogue is an asset. What belongs elsewhere: how a CRM is read (`connectors`).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import dagster as dg

from connectors import company as company_folder
from connectors import fxiaoke, zoho
from connectors.catalogue import CrmObject
from connectors.faults import Deferred, Fault, Refused
from connectors.lake import Connection, Lake, Manifest, extract
from pipelines.resources import Clock, Clocks, Crms, Home

SOURCES: dict[str, tuple[CrmObject, ...]] = {
    "zoho": zoho.OBJECTS,
    "fxiaoke": fxiaoke.OBJECTS,
    "company": company_folder.OBJECTS,
}
ORIGINS = {
    "zoho": ("Zoho CRM: the tenant's REST API.", "zoho"),
    "fxiaoke": ("纷享销客: the tenant's open platform API.", "fxiaoke"),
    "company": ("The company folder: what people decide and finance's own books, as CSV, XLSX and YAML.", "file"),
}
SIDE_BY_SIDE = 4


def key(source: str, name: str) -> dg.AssetKey:
    """The asset of one raw table."""
    return dg.AssetKey([f"raw_{source}", name])


def raw_keys(*sources: str) -> list[dg.AssetKey]:
    """Keys of every raw asset of the sources named."""
    return [key(source, obj.name) for source in sources for obj in SOURCES[source]]


origins = [
    dg.AssetSpec(["source", source], description=text, group_name="source", kinds={kind}, owners=["team:data"])
    for source, (text, kind) in ORIGINS.items()
]


def _specs(source: str) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            key(source, obj.name),
            deps=[["source", source]],
            description=obj.description,
            group_name=f"raw_{source}",
            kinds={ORIGINS[source][1], "parquet"},
            owners=["team:data"],
        )
        for obj in SOURCES[source]
    ]


def _pull_checks(source: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            "pulled_to_the_end",
            asset=key(source, obj.name),
            description="The CRM let us read the object, and the walk ended with proof that nothing is left.",
        )
        for obj in SOURCES[source]
    ]


def land(
    lake: Lake, connection: Connection | None, source: str, names: set[str], clock: Clock, run_id: str
) -> Iterator[tuple[CrmObject, Manifest | Fault | None]]:
    """Pull the objects named, several side by side; yields each with its manifest, or the fault that stopped it."""
    objects = [obj for obj in (connection.objects if connection else SOURCES[source]) if obj.name in names]
    lake.ensure(source, objects)
    if connection is None:
        yield from ((obj, None) for obj in objects)
        return

    def one(obj: CrmObject) -> Manifest | Fault | None:
        try:
            return extract(connection, lake, obj, known_at=clock.known_at, run_id=run_id)
        except Fault as fault:
            return fault

    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix=source) as pool:
        yield from zip(objects, pool.map(one, objects), strict=True)


def _results(
    context: dg.AssetExecutionContext, home: Home, connection: Connection | None, source: str, clock: Clock
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    names = {asset.path[-1] for asset in context.selected_asset_keys}
    why = "this moment is known already" if is_known(home.lake, source, names, clock) else f"{source} is not in company.yaml"
    broken: list[str] = []
    refused = 0
    for obj, outcome in land(home.lake, connection, source, names, clock, context.run.run_id):
        asset = key(source, obj.name)
        if isinstance(outcome, Fault):
            yield dg.MaterializeResult(asset, metadata={"pulled": False, "why": str(outcome)})
            yield dg.AssetCheckResult(
                passed=False,
                asset_key=asset,
                check_name="pulled_to_the_end",
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"why": str(outcome)},
            )
            refused += isinstance(outcome, Refused)
            if not isinstance(outcome, Refused | Deferred):
                broken.append(f"{source} {obj.api_name}: {outcome}")
            continue
        metadata = (
            {"pulled": False, "why": why}
            if outcome is None
            else {
                "pulled": outcome.pulled_at == clock.known_at.astimezone(UTC),
                "dagster/row_count": outcome.versions,
                "records": outcome.records,
                "pages": outcome.pages,
                "window": f"{outcome.window_start} .. {outcome.window_end}",
                **({"compared": str(outcome.compared)} if outcome.compared else {}),
            }
        )
        yield dg.MaterializeResult(asset, metadata=metadata)
        yield dg.AssetCheckResult(passed=True, asset_key=asset, check_name="pulled_to_the_end")
    if refused and refused == len(names):
        broken.append(f"{source} refused every object: its credentials or rights are gone; `quarterdeck doctor` says which")
    if broken:
        raise dg.Failure("These pulls did not end, nothing of them was kept, run again: " + "; ".join(broken))


def is_known(lake: Lake, source: str, names: set[str], clock: Clock) -> bool:
    """Whether every one of these objects was pulled at or after this moment and shown, so that nothing is to be asked."""
    newest = [lake.newest(source, name) for name in names]
    is_pulled = all(manifest is not None and manifest.pulled_at >= clock.known_at for manifest in newest)
    return is_pulled and all(lake.is_published(source, name) for name in names)


def _asked(
    home: Home, source: str, context: dg.AssetExecutionContext, clock: Clock, connect: Callable[[Home], Connection | None]
) -> Connection | None:
    """A connection, made only when something is to be asked: a past night needs no secrets."""
    names = {asset.path[-1] for asset in context.selected_asset_keys}
    return None if is_known(home.lake, source, names, clock) else connect(home)


@dg.multi_asset(name="pull_zoho", specs=_specs("zoho"), check_specs=_pull_checks("zoho"), can_subset=True)
def raw_zoho(context: dg.AssetExecutionContext, home: Home, crms: Crms, clocks: Clocks):
    """Pull what changed in Zoho since the newest manifest of each object."""
    clock = clocks.of(context, home.settings.time_zone)
    yield from _results(context, home, _asked(home, "zoho", context, clock, crms.zoho), "zoho", clock)


@dg.multi_asset(name="pull_fxiaoke", specs=_specs("fxiaoke"), check_specs=_pull_checks("fxiaoke"), can_subset=True)
def raw_fxiaoke(context: dg.AssetExecutionContext, home: Home, crms: Crms, clocks: Clocks):
    """Pull what changed in Fxiaoke since the newest manifest of each object."""
    clock = clocks.of(context, home.settings.time_zone)
    yield from _results(context, home, _asked(home, "fxiaoke", context, clock, crms.fxiaoke), "fxiaoke", clock)


@dg.multi_asset(name="read_company", specs=_specs("company"), check_specs=_pull_checks("company"), can_subset=True)
def raw_company(context: dg.AssetExecutionContext, home: Home, clocks: Clocks):
    """Land the company folder as it stands; a file with a bad cell stops the run with every bad cell named."""
    company = home.load_company()
    clock = clocks.of(context, company.settings.time_zone)
    yield from _results(context, home, company.connection(home.plan_rows(), home.acceptance_rows()), "company", clock)
