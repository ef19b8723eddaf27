"""From an accumulated base to what it earns, before any rounding: the five kinds of rate.

Add a kind of rate as one function of the accumulated base; tables are taken as the lint lets them pass: from zero, without gaps.
Multipliers, rounding and attribution to events are `earning`.
"""

from __future__ import annotations

from decimal import Decimal

from commission.engine.facts import Event
from commission.plan.rates import AttainmentRate, Boundary, FlatRate, InterpolatedRate, Rate, Tier, TieredRate

ZERO = Decimal(0)
ONE = Decimal(1)


def earned(rate: Rate, base: Decimal, quota: Decimal | None = None, presence: tuple[Decimal, Decimal] = (ONE, ONE)) -> Decimal:
    """What this accumulated base earns under a table; flat rates are read event by event with `flat_rate`."""
    scale = quota if getattr(rate, "scale", "amount") == "attainment" and quota is not None else ONE
    if isinstance(rate, TieredRate):
        return _marginal(rate, base, scale) if rate.kind == "marginal" else base * _reached(rate, base, scale).rate
    if isinstance(rate, InterpolatedRate):
        return _interpolated(rate, base, scale)
    if isinstance(rate, AttainmentRate):
        return _on_attainment(rate, base, quota or ZERO, presence)
    raise TypeError(f"{rate.kind} has no table")


def flat_rate(rate: FlatRate, event: Event) -> Decimal:
    """The rate of one event: variant before product before category, then the banded figure, then the rate for all."""
    for level, code in (("variant", event.variant), ("product", event.product_code), ("category", event.category)):
        for row in rate.products:
            if row.level == level and row.code == code:
                return row.rate
    if rate.by is not None:
        figure = event_figure(event, rate.by)
        return next((band.rate for band in rate.table if band.to is None or figure <= band.to), ZERO)
    return rate.rate if rate.rate is not None else ZERO


def event_figure(event: Event, name: str) -> Decimal:
    """The figure of the event that a band is read by."""
    return {
        "days_past_due": event.days_past_due,
        "discount_rate": event.discount_rate,
        "margin_rate": event.margin_rate,
        "quantity": abs(event.quantity),
    }[name]


def tier_reached(rate: TieredRate, base: Decimal, scale: Decimal = ONE) -> Tier:
    """The tier that owns this base, by the plan's boundary rule."""
    return _reached(rate, base, scale)


def _marginal(rate: TieredRate, base: Decimal, scale: Decimal) -> Decimal:
    if base < 0:
        return base * rate.table[0].rate
    return sum((_inside(tier.start * scale, tier.end, scale, base) * tier.rate for tier in rate.table), ZERO)


def _inside(start: Decimal, end: Decimal | None, scale: Decimal, base: Decimal) -> Decimal:
    """How much of the base lies between start and end."""
    top = base if end is None else min(base, end * scale)
    return max(ZERO, top - start)


def _reached(rate: TieredRate, base: Decimal, scale: Decimal) -> Tier:
    reached = rate.table[0]
    for tier in rate.table[1:]:
        if _crossed(base, tier.start * scale, rate.boundary):
            reached = tier
    return reached


def _crossed(base: Decimal, start: Decimal, boundary: Boundary | None) -> bool:
    """达到即适用 under lower_inclusive; only what is above it under upper_inclusive."""
    return base > start if boundary == "upper_inclusive" else base >= start


def _interpolated(rate: InterpolatedRate, base: Decimal, scale: Decimal) -> Decimal:
    points = rate.table
    if base <= points[0].at * scale:
        return points[0].amount
    for low, high in zip(points, points[1:], strict=False):
        if base <= high.at * scale:
            part = (base - low.at * scale) * (high.amount - low.amount) / ((high.at - low.at) * scale)
            return low.amount + part
    return points[-1].amount


def _on_attainment(rate: AttainmentRate, base: Decimal, quota: Decimal, presence: tuple[Decimal, Decimal]) -> Decimal:
    """Base commission rate = target pay ÷ quota, both for the days present; k of it inside each band of attainment."""
    target_pay = rate.target_pay * presence[0] / presence[1]
    slow = rate.decelerator
    if slow is not None and base < slow.below * quota:
        return base * target_pay * slow.x / quota
    if base < 0:
        return base * target_pay * rate.table[0].x / quota
    weighted = sum((_inside(step.start * quota, step.end, quota, base) * step.x for step in rate.table), ZERO)
    return weighted * target_pay / quota
