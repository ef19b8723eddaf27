"""Rules about tables: gaps, overlaps, beginnings, tops, cliffs, boundaries.

Add a rule on the shape of a table; what a table is measured by or guarded with is `terms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from commission.engine.rating import earned
from commission.lint.findings import Finding, Settings, acknowledged, finding
from commission.plan import Component, Plan
from commission.plan.rates import AttainmentRate, FlatRate, InterpolatedRate, TieredRate

Place = tuple[str | int, ...]


def table_findings(plan: Plan, number: int, component: Component, settings: Settings) -> Iterator[Finding]:
    """Everything wrong with the component's own tables."""
    at: Place = ("components", number)
    rate = component.rate
    if isinstance(rate, (TieredRate, AttainmentRate)):
        yield from _steps(plan, (*at, "rate", "table"), [(tier.start, tier.end) for tier in rate.table])
        if rate.boundary is None:
            cure = "add boundary: lower_inclusive (达到即适用) or upper_inclusive"
            yield finding(
                plan,
                (*at, "rate"),
                "no_boundary_rule",
                f"{component.id}: who owns the very amount of a boundary is not said",
                cure,
            )
    if isinstance(rate, InterpolatedRate):
        yield from _points(plan, (*at, "rate", "table"), rate)
    if isinstance(rate, FlatRate):
        yield from _bands(plan, (*at, "rate", "table"), [band.to for band in rate.table])
        yield from _products(plan, (*at, "rate", "products"), rate)
    for place, multiplier in enumerate(component.multipliers):
        yield from _bands(plan, (*at, "multipliers", place, "table"), [band.to for band in multiplier.table])
    yield from _top(plan, at, component)
    if isinstance(rate, TieredRate):
        yield from _cliffs(plan, at, component, rate, settings.cliff_share)


def _steps(plan: Plan, at: Place, rows: list[tuple[Decimal, Decimal | None]]) -> Iterator[Finding]:
    if rows[0][0] != 0:
        yield finding(
            plan,
            (*at, 0),
            "table_first_from",
            f"the table begins at {rows[0][0]}; below it nothing is paid",
            "begin with from: 0",
        )
    for place, ((_, end), (start, _)) in enumerate(zip(rows, rows[1:], strict=False), start=1):
        if end is None or end > start:
            cure = "end each tier where the next begins"
            yield finding(plan, (*at, place), "table_overlap", f"the tier from {start} begins inside the one before it", cure)
        elif end < start:
            cure = "end each tier where the next begins"
            yield finding(plan, (*at, place), "table_gap", f"between {end} and {start} nothing is paid", cure)
    for place, (start, end) in enumerate(rows):
        if end is not None and end <= start:
            yield finding(
                plan, (*at, place), "table_overlap", f"the tier from {start} ends at {end}", "make `to` larger than `from`"
            )
    if rows[-1][1] is not None:
        yield finding(
            plan, (*at, len(rows) - 1), "table_top", f"above {rows[-1][1]} nothing is paid", "leave `to` out of the last tier"
        )


def _points(plan: Plan, at: Place, rate: InterpolatedRate) -> Iterator[Finding]:
    if rate.table[0].at != 0:
        yield finding(plan, (*at, 0), "table_first_from", f"the line begins at {rate.table[0].at}", "begin with at: 0")
    for place, (low, high) in enumerate(zip(rate.table, rate.table[1:], strict=False), start=1):
        if high.at <= low.at:
            yield finding(
                plan, (*at, place), "table_overlap", f"the point at {high.at} is not after {low.at}", "order the points by `at`"
            )


def _bands(plan: Plan, at: Place, ends: list[Decimal | None]) -> Iterator[Finding]:
    """Bands read upwards and end open; an event above a closed top would silently get nothing."""
    for place, (low, high) in enumerate(zip(ends, ends[1:], strict=False), start=1):
        if low is None or (high is not None and high <= low):
            yield finding(
                plan,
                (*at, place),
                "table_overlap",
                "the band begins inside the one before it",
                "order the bands by `to`, the open one last",
            )
    if ends and ends[-1] is not None:
        yield finding(
            plan, (*at, len(ends) - 1), "table_gap", f"above {ends[-1]} no band applies", "end with a band without `to`"
        )


def _products(plan: Plan, at: Place, rate: FlatRate) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for place, row in enumerate(rate.products):
        if (row.level, row.code) in seen:
            cure = "keep one rate for each product"
            yield finding(plan, (*at, place), "product_rate_twice", f"{row.level} {row.code} has two rates at one level", cure)
        seen.add((row.level, row.code))


def _top(plan: Plan, at: Place, component: Component) -> Iterator[Finding]:
    """An open top without any cap is a promise without a limit: allowed, if meant."""
    open_top = isinstance(component.rate, (TieredRate, AttainmentRate)) and component.rate.table[-1].end is None
    if open_top and component.cap is None and plan.cap is None and not acknowledged(component, "unbounded_top"):
        cure = "add a cap, or acknowledge: {unbounded_top: the reason and who agreed}"
        yield finding(
            plan, (*at, "rate", "table"), "unbounded_top", f"{component.id}: no tier and no cap limits the pay", cure, "warning"
        )


def _cliffs(plan: Plan, at: Place, component: Component, rate: TieredRate, most: Decimal) -> Iterator[Finding]:
    """One yuan more of sales that changes the pay by a large part of it, or lowers it."""
    for place, (low, high) in enumerate(zip(rate.table, rate.table[1:], strict=False), start=1):
        if rate.kind == "marginal":
            continue
        below = earned(rate.model_copy(update={"boundary": "upper_inclusive"}), high.start)
        jump = high.start * (high.rate - low.rate)
        where = (*at, "rate", "table", place)
        if jump < 0:
            cure = "let rates rise, or use kind: marginal"
            yield finding(plan, where, "not_monotone", f"at {high.start} the pay falls by {-jump}", cure)
        elif below > 0 and jump > most * below and not acknowledged(component, "cliff"):
            cure = "use kind: marginal, smaller steps, or acknowledge: {cliff: the reason and who agreed}"
            message = f"at {high.start} one yuan more pays {jump.normalize():f} more, {jump / below:.0%} of what was earned"
            yield finding(plan, where, "cliff", message, cure)
