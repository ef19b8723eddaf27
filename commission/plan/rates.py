"""The five ways a base becomes an earning, as a plan writes them.

Add a kind of rate here with its table's shape; `commission.engine.rating` says what it pays, `commission.lint` when it is unwise.
Tables are only typed here: gaps, overlaps and cliffs are lint findings, because they are valid and wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from commission.plan.values import Attained, Figure, Limit, Multiple, Part, Positive, Rating

By = Literal["days_past_due", "discount_rate", "margin_rate", "quantity"]
Boundary = Literal["lower_inclusive", "upper_inclusive"]
Scale = Literal["amount", "attainment"]


class Band(Part):
    """One row of a table read by a figure of the event: up to and including `to`, this rate."""

    to: Figure | None = None
    rate: Rating


class ProductRate(Part):
    """A rate for one variant, product or category; the most specific wins."""

    variant: str | None = None
    product: str | None = None
    category: str | None = None
    rate: Rating

    @model_validator(mode="after")
    def _names_one(self) -> ProductRate:
        if sum(part is not None for part in (self.variant, self.product, self.category)) != 1:
            raise ValueError("name exactly one of variant, product, category")
        return self

    @property
    def level(self) -> str:
        """variant, product or category."""
        return "variant" if self.variant is not None else "product" if self.product is not None else "category"

    @property
    def code(self) -> str:
        """The code at that level."""
        return self.variant or self.product or self.category or ""


class FlatRate(Part):
    """Rate times base; the rate may depend on a figure of the event or on its product."""

    kind: Literal["flat"]
    rate: Rating | None = None
    by: By | None = None
    table: tuple[Band, ...] = ()
    products: tuple[ProductRate, ...] = ()

    @model_validator(mode="after")
    def _has_a_rate(self) -> FlatRate:
        if (self.by is None) != (not self.table):
            raise ValueError("`by` and `table` go together: a figure of the event and the rates it selects")
        if self.rate is None and not self.table:
            raise ValueError("a flat rate needs `rate`, or `by` and `table`")
        return self


class Tier(Part):
    """One tier: from, to (none: open), rate."""

    start: Limit = Field(alias="from")
    end: Limit | None = Field(default=None, alias="to")
    rate: Rating


def _shares_of_a_quota(scale: Scale, limits: Iterable[Decimal | None]) -> None:
    if scale == "attainment" and any(limit is not None and limit >= 100 for limit in limits):
        raise ValueError("attainment is a share of the quota: write 1 for 100 %")


class TieredRate(Part):
    """Tiers read by the accumulated base: each tranche at its own rate, or the whole base at the rate reached."""

    kind: Literal["marginal", "retroactive"]
    boundary: Boundary | None = None
    scale: Scale = "amount"
    table: tuple[Tier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _limits_fit_the_scale(self) -> TieredRate:
        _shares_of_a_quota(self.scale, (limit for tier in self.table for limit in (tier.start, tier.end)))
        return self


class Point(Part):
    """The amount earned when the base stands exactly at `at`."""

    at: Limit
    amount: Limit


class InterpolatedRate(Part):
    """A straight line between points; clamped outside them."""

    kind: Literal["interpolated"]
    scale: Scale = "amount"
    table: tuple[Point, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _limits_fit_the_scale(self) -> InterpolatedRate:
        _shares_of_a_quota(self.scale, (point.at for point in self.table))
        return self


class Step(Part):
    """One band of attainment and the multiple of the base commission rate paid inside it."""

    start: Attained = Field(alias="from")
    end: Attained | None = Field(default=None, alias="to")
    x: Multiple


class Decelerator(Part):
    """While attainment is below `below`, everything is paid at `x` of the base commission rate."""

    below: Annotated[Attained, Field(gt=0)]
    x: Multiple


class AttainmentRate(Part):
    """Target pay earned in proportion up to the quota, faster above it; needs a quota."""

    kind: Literal["attainment"]
    target_pay: Positive
    boundary: Boundary | None = None
    table: tuple[Step, ...] = Field(min_length=1)
    decelerator: Decelerator | None = None


Rate = Annotated[FlatRate | TieredRate | InterpolatedRate | AttainmentRate, Field(discriminator="kind")]
