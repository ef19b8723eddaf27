"""Plans laid out as rows for the lake: one row per tier of every component of every version, one per signature under a version.

Add a column here and in the lake's catalogue together; decimals leave as exact text.
Only what a set-based engine needs to rate is here; the paper stays in the plan file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from commission.plan.component import Component
from commission.plan.loading import load_signatures
from commission.plan.rates import AttainmentRate, FlatRate, InterpolatedRate
from commission.plan.schema import Plan

PLAN_TIER_COLUMNS = (
    "plan_id",
    "plan_version",
    "plan_hash",
    "title",
    "valid_from",
    "valid_to",
    "currency_code",
    "component_id",
    "component_name",
    "event",
    "date_basis",
    "measure",
    "accumulate",
    "rate_kind",
    "boundary",
    "tier_no",
    "tier_from",
    "tier_to",
    "rate",
)

Row = dict[str, str | None]


def plan_rows(plans: Iterable[Plan]) -> list[Row]:
    """Every tier as a row of text, ready for the lake; valid_to is the last day, inclusive."""
    return [
        {
            "plan_id": plan.plan,
            "plan_version": str(plan.version),
            "plan_hash": plan.hash,
            "title": plan.title,
            "valid_from": plan.valid.start.isoformat(),
            "valid_to": plan.valid.end.isoformat() if plan.valid.end else None,
            "currency_code": plan.currency,
            "component_id": component.id,
            "component_name": component.name,
            "event": component.event,
            "date_basis": component.dated_by,
            "measure": component.measure,
            "accumulate": component.accumulate or "plan",
            "rate_kind": component.rate.kind,
            "boundary": getattr(component.rate, "boundary", None) or "lower_inclusive",
            "tier_no": str(number),
            "tier_from": _text(start),
            "tier_to": None if end is None else _text(end),
            "rate": _text(rate),
        }
        for plan in plans
        for component in plan.components
        for number, (start, end, rate) in enumerate(_tiers(component), start=1)
    ]


def acceptance_rows(plans: Iterable[Plan], company_folder: Path) -> list[Row]:
    """Every signature under a plan version, the first of a person counts; a file that is not there signs nothing."""
    signed: dict[tuple[str, int, str], Row] = {}
    for plan in plans:
        file = company_folder / plan.accepted_by if plan.accepted_by else None
        for one in sorted(load_signatures(file), key=lambda one: one.accepted_on) if file and file.is_file() else ():
            signed.setdefault(
                (plan.plan, plan.version, one.employee_no),
                {
                    "plan_id": plan.plan,
                    "plan_version": str(plan.version),
                    "employee_no": one.employee_no,
                    "accepted_on": one.accepted_on.isoformat(),
                    "channel": one.channel,
                },
            )
    return [signed[key] for key in sorted(signed)]


def _tiers(component: Component) -> Iterator[tuple[Decimal, Decimal | None, Decimal]]:
    rate = component.rate
    if isinstance(rate, FlatRate):
        yield Decimal(0), None, rate.rate if rate.rate is not None else rate.table[-1].rate
    elif isinstance(rate, InterpolatedRate):
        ends: list[Decimal | None] = [point.at for point in rate.table[1:]]
        yield from ((point.at, end, point.amount) for point, end in zip(rate.table, [*ends, None], strict=True))
    elif isinstance(rate, AttainmentRate):
        yield from ((step.start, step.end, step.x) for step in rate.table)
    else:
        yield from ((tier.start, tier.end, tier.rate) for tier in rate.table)


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"
