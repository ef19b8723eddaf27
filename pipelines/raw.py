"""Raw assets: one per object of each CRM and one per file of the company folder, landed in the lake.

What to add here: nothing per object; a row of a catalogue is an asset. What belongs elsewhere: how a CRM is read (`connectors`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import dagster as dg

from commission.plan import plan_rows
from connectors import company as company_folder
from connectors import fxiaoke, zoho
from connectors.catalogue import CUSTOM_OBJECTS, CrmObject
from connectors.client import Connection
from connectors.faults import Absent, Deferred, Fault, Refused
from connectors.lake import Lake, Manifest, extract_all
from pipelines.resources import Clock, Clocks, Crms, Home

SOURCES: dict[str, tuple[CrmObject, ...]] = {
    "zoho": zoho.OBJECTS,
    "fxiaoke": fxiaoke.OBJECTS,
    "company": company_folder.OBJECTS,
}
CRMS = ("zoho", "fxiaoke")
ORIGINS = {
    "zoho": ("Zoho CRM: the tenant's REST API.", "zoho"),
    "fxiaoke": ("纷享销客: the tenant's open platform API.", "fxiaoke"),
    "company": ("The company folder: what people decide and finance's own books, as CSV, XLSX and YAML.", "file"),
}
PULLED = "pulled_to_the_end"
SOUND = "what_people_wrote_is_sound"


def key(source: str, name: str) -> dg.AssetKey:
    """The asset of one raw table."""
    return dg.AssetKey([f"raw_{source}", name])


def _described(source: str) -> dict[str, str]:
    """Every raw asset of a source, and what it is; objects that only one company has are one asset: nothing here knows them."""
    found = {obj.name: obj.description for obj in SOURCES[source]}
    if source in CRMS:
        found[CUSTOM_OBJECTS] = "What only this company has (custom_objects of company.yaml): a raw table each, landed together."
    return found


def raw_keys(*sources: str) -> list[dg.AssetKey]:
    """Keys of every raw asset of the sources named."""
    return [key(source, name) for source in sources for name in _described(source)]


origins = [
    dg.AssetSpec(["source", source], description=text, group_name="source", kinds={kind}, owners=["team:data"])
    for source, (text, kind) in ORIGINS.items()
]


def _specs(source: str) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            key(source, name),
            deps=[["source", source]],
            description=description,
            group_name=f"raw_{source}",
            kinds={ORIGINS[source][1], "parquet"},
            owners=["team:data"],
        )
        for name, description in _described(source).items()
    ]


def _pull_checks(source: str) -> list[dg.AssetCheckSpec]:
    """A check a table; the company folder needs none of these, since one bad cell stops the run with every bad cell named."""
    return [
        dg.AssetCheckSpec(
            PULLED,
            asset=key(source, name),
            description="The CRM let us read the object, and the walk ended with proof that nothing is left.",
        )
        for name in _described(source)
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """What one asset says of tonight: its figures, and whether somebody has to look."""

    metadata: dict[str, Any]
    is_good: bool = True


def told(outcome: Manifest | Fault, clock: Clock, *, was_read_before: bool) -> Told:
    """An object's pull in the words and figures that its asset shows."""
    if isinstance(outcome, Fault):
        # What was never there is no loss; what was there and is not any more may be a lost right.
        is_good = isinstance(outcome, Absent) and not was_read_before
        return Told({"pulled": False, "why": str(outcome)}, is_good)
    facts: dict[str, Any] = {
        "pulled": outcome.pulled_at == clock.known_at.astimezone(UTC),
        "dagster/row_count": outcome.versions,
        "records": outcome.records,
        "pages": outcome.pages,
        "window": f"{outcome.window_start} .. {outcome.window_end}",
        **({"compared": str(outcome.compared)} if outcome.compared else {}),
    }
    news = {
        "fields_appeared": outcome.fields_appeared,
        "fields_vanished": outcome.fields_vanished,
        "fields_retyped": outcome.fields_retyped,
        "missing_fields": outcome.missing_fields,
        "unparsed": outcome.unparsed,
        "disbelieved": outcome.disbelieved,
    }
    return Told(facts | {name: value for name, value in news.items() if value})


def told_together(outcomes: dict[str, Told]) -> Told:
    """The custom objects of a CRM as one asset."""
    rows = sum(int(one.metadata.get("dagster/row_count", 0)) for one in outcomes.values())
    return Told(
        {
            "pulled": any(one.metadata["pulled"] for one in outcomes.values()),
            "dagster/row_count": rows,
            **{name: dg.MetadataValue.json(one.metadata) for name, one in outcomes.items()},
        },
        all(one.is_good for one in outcomes.values()),
    )


def _results(
    context: dg.AssetExecutionContext, home: Home, connection: Connection | None, source: str, clock: Clock
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    names = {asset.path[-1] for asset in context.selected_asset_keys}
    outcomes = _pulled(home.lake, connection, source, names, clock, context.run.run_id)
    why = "left out in company.yaml"
    if connection is None:
        why = "this moment is known already" if source in home.settings.crm else f"{source} is not in company.yaml"
    shown = {obj.name: one for obj, _, one in outcomes if not obj.is_custom}
    custom = {obj.name: one for obj, _, one in outcomes if obj.is_custom}
    if CUSTOM_OBJECTS in names:
        shown[CUSTOM_OBJECTS] = told_together(custom) if custom else Told({"pulled": False, "why": "company.yaml names none"})
    for name in sorted(names):
        one = shown.get(name, Told({"pulled": False, "why": why}))
        yield dg.MaterializeResult(key(source, name), metadata=one.metadata)
        if source in CRMS:
            yield dg.AssetCheckResult(
                passed=one.is_good,
                asset_key=key(source, name),
                check_name=PULLED,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={} if one.is_good else one.metadata,
            )
    _stop_if_broken(source, {obj: fault for obj, fault, _ in outcomes if isinstance(fault, Fault)}, len(outcomes))


def _pulled(
    lake: Lake, connection: Connection | None, source: str, names: set[str], clock: Clock, run_id: str
) -> list[tuple[CrmObject, Manifest | Fault, Told]]:
    """Every object that this run is to read, several side by side; readers find a schema for those it does not read too."""
    lake.ensure(source, [obj for obj in SOURCES[source] if obj.name in names])
    if connection is None:
        return []
    objects = [obj for obj in connection.objects if (CUSTOM_OBJECTS if obj.is_custom else obj.name) in names]
    pulled = extract_all(connection, lake, objects, known_at=clock.known_at, run_id=run_id)
    return [
        (obj, outcome, told(outcome, clock, was_read_before=lake.newest(source, obj.name) is not None))
        for obj, outcome in pulled.outcomes
    ]


def _stop_if_broken(source: str, faults: dict[CrmObject, Fault], asked: int) -> None:
    """End the run where a person or another try is needed; what was refused, put off or is not there lets the rest go on."""
    broken = [f"{source} {obj.api_name}: {fault}" for obj, fault in faults.items() if not isinstance(fault, Refused | Deferred)]
    if asked and sum(isinstance(fault, Refused) for fault in faults.values()) == asked:
        broken.append(f"{source} refused every object: its credentials or rights are gone; `quarterdeck doctor` says which")
    if broken:
        raise dg.Failure("These pulls did not end, nothing of them was kept, run again: " + "; ".join(broken))


def is_known(lake: Lake, source: str, names: set[str], clock: Clock) -> bool:
    """Whether this moment is history already: every object was pulled at it, or any after it, so that nothing is to be asked.

    A pull for a moment that others have passed would write into the past of tables that readers may have been shown.
    """
    newest = [lake.newest(source, name) for name in names - {CUSTOM_OBJECTS}]
    if any(manifest is not None and manifest.pulled_at > clock.known_at for manifest in newest):
        return all(lake.is_published(source, name) for name in names - {CUSTOM_OBJECTS})
    is_pulled = all(manifest is not None and manifest.pulled_at == clock.known_at for manifest in newest)
    return is_pulled and all(lake.is_published(source, name) for name in names - {CUSTOM_OBJECTS})


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


@dg.multi_asset(
    name="read_company",
    specs=_specs("company"),
    check_specs=[
        dg.AssetCheckSpec(
            SOUND,
            asset=key("company", "plan_terms"),
            description="What people wrote is sound: plans by the lint, who decided them, who receives which report.",
        )
    ],
    can_subset=True,
)
def raw_company(context: dg.AssetExecutionContext, home: Home, clocks: Clocks):
    """Land the company folder as it stands; a file with a bad cell stops the run with every bad cell named."""
    written = home.written()
    company = written.must_be_sound()
    clock = clocks.of(context, company.settings.time_zone)
    folder = company.connection(list(plan_rows(written.plans)), home.acceptance_rows())
    yield from _results(context, home, folder, "company", clock)
    if key("company", "plan_terms") in context.selected_asset_keys:
        wrong = written.doubts(clock.known_at.astimezone(company.settings.zone).date())
        yield dg.AssetCheckResult(
            passed=not wrong,
            asset_key=key("company", "plan_terms"),
            check_name=SOUND,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"why": dg.MetadataValue.json(wrong)} if wrong else {},
        )
