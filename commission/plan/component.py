"""One component of a plan: which event earns, on what base, counted over what window, at what rate, under what guards.

Add a component's rule here with its wording in C3 of the commission specification; a rule over the payee's total is in `schema`.
Defaults are the neutral reading: leaving a rule out never pays and never withholds.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from commission.plan.rates import By, Rate
from commission.plan.values import Factor, Figure, Money, Name, Part, Positive, Share, Words

EventType = Literal["signed", "invoiced", "cash_applied", "delivered"]
DateBasis = Literal["order_date", "delivery_date", "invoice_date", "bank_value_date", "posting_date"]
Measure = Literal["amount_ex_tax", "amount_incl_tax", "gross_margin", "quantity", "mrr", "count"]
Window = Literal["transaction", "month", "quarter", "year"]

DATE_BASES: tuple[DateBasis, ...] = get_args(DateBasis)
DATE_OF_EVENT: dict[str, DateBasis] = {
    "signed": "order_date",
    "delivered": "delivery_date",
    "invoiced": "invoice_date",
    "cash_applied": "bank_value_date",
}

# What of an event a filter can name values of.
FILTERED_BY = (
    "product_line",
    "product_code",
    "category",
    "customer_class",
    "customer_tier",
    "region",
    "department",
    "crm",
    "method",
)
# Figures of an event that differ between the lines of one order; days past due are the same for all.
LINE_FIGURES = frozenset({"discount_rate", "margin_rate", "quantity"})


class Filter(Part):
    """Which events count: every key given must match, any listed value is a match."""

    product_line: Words | None = None
    product_code: Words | None = None
    category: Words | None = None
    customer_class: Words | None = None
    customer_tier: Words | None = None
    region: Words | None = None
    department: Words | None = None
    crm: Words | None = None
    method: Words | None = None
    exclude_tags: Words | None = None
    discount_above: Figure | None = None
    discount_up_to: Figure | None = None

    @cached_property
    def wanted(self) -> dict[str, Words]:
        """The values that an event may have, by the keys that are given."""
        return {name: values for name in FILTERED_BY if (values := getattr(self, name)) is not None}

    @property
    def reads_lines(self) -> bool:
        """True when some key differs between the lines of one order."""
        by_line = ("product_line", "product_code", "category", "exclude_tags", "discount_above", "discount_up_to")
        return any(getattr(self, name) is not None for name in by_line)


class Overlay(Part):
    """A second role that earns on the same money, beside the 100 %."""

    payee: str | None = None
    role: str | None = None
    share: Share
    when: Filter | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Overlay:
        if (self.payee is None) == (self.role is None):
            raise ValueError("name exactly one of payee, role")
        return self


class Override(Part):
    """Managers of the credited person, as of the event, this many levels up (none: to the top)."""

    levels: int | None = Field(default=1, ge=1)


class Credit(Part):
    """Who is credited with the event."""

    primary: Literal["owner_at_signature", "owner_at_event"] = "owner_at_signature"
    splits: Literal["split_table", "none"] = "split_table"
    overlays: tuple[Overlay, ...] = ()
    override: Override | None = None


class MultiplierBand(Part):
    """Up to and including `to` (none: above all), times x."""

    to: Figure | None = None
    x: Factor


class Multiplier(Part):
    """A factor on the credit (moves the payee through the tiers) or on the earning (does not)."""

    name: str = Field(min_length=1)
    on: Literal["credit", "earning"] | None = None
    by: By | None = None
    table: tuple[MultiplierBand, ...] = ()
    when: Filter | None = None
    x: Factor | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Multiplier:
        if (self.by is None) != (not self.table) or (self.by is None) == (self.x is None):
            raise ValueError("give either `by` with `table`, or `x` (with `when` if it is not for all)")
        return self


class Cap(Part):
    """The most that is paid per period; what is above goes to a named balance."""

    amount: Money
    per: Literal["event", "month", "quarter", "year"]
    excess: Literal["drop", "carry_forward", "review"] = "carry_forward"


class Floor(Part):
    """The least that is earned per month while the payee is under the plan."""

    amount: Positive
    per: Literal["month"] = "month"


def _spelled_out(mode: object) -> object:
    """The letters by which C3 knows the modes."""
    return {"A": "recompute_origin", "B": "original_attribution", "C": "current_credit"}.get(str(mode), mode)


class Refund(Part):
    """How a refund, return, credit note or bad debt takes back what its event earned."""

    mode: Annotated[Literal["recompute_origin", "original_attribution", "current_credit"], BeforeValidator(_spelled_out)]
    window_days: int | None = Field(default=None, ge=0)
    share: Literal["full", "prorated", "half_after_half"] = "full"


class Holdback(Part):
    """A share kept until a milestone of the transaction."""

    share: Share
    release: Name
    review_after_days: int | None = Field(default=None, ge=1)


class Instalments(Part):
    """The earning is paid in equal monthly parts, the odd cents first."""

    parts: int = Field(ge=2, le=36)
    on_leave: Literal["pay_rest", "forfeit"]


class Component(Part):
    """One way to earn under a plan."""

    id: Name
    name_zh: str | None = None
    event: EventType
    date_basis: DateBasis | None = None
    acceptance_bill: Literal["maturity", "receipt"] = "maturity"
    plan_version_by: Literal["event_date", "signed_date"] = "event_date"
    measure: Measure = "amount_ex_tax"
    filter: Filter | None = None
    credit: Credit = Credit()
    accumulate: Window | None = None
    rate: Rate
    multipliers: tuple[Multiplier, ...] = ()
    cap: Cap | None = None
    floor: Floor | None = None
    refund: Refund | None = None
    holdback: Holdback | None = None
    instalments: Instalments | None = None
    acknowledge: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tables_need_a_window(self) -> Component:
        if self.rate.kind != "flat" and self.accumulate is None:
            raise ValueError("a rate with a table needs `accumulate`: transaction, month, quarter or year")
        return self

    @property
    def name(self) -> str:
        """What the statement calls it."""
        return self.name_zh or self.id

    @property
    def dated_by(self) -> DateBasis:
        """The date that decides the period."""
        return self.date_basis or DATE_OF_EVENT[self.event]

    @cached_property
    def grain(self) -> str:
        """`line` when a rule differs between the lines of one order; else the component reads each event `whole`."""
        filters = [self.filter, *(one.when for one in self.multipliers), *(one.when for one in self.credit.overlays)]
        by = [getattr(self.rate, "by", None), *(one.by for one in self.multipliers)]
        reads_lines = (
            any(one is not None and one.reads_lines for one in filters)
            or bool(getattr(self.rate, "products", ()))
            or any(one in LINE_FIGURES for one in by)
        )
        return "line" if reads_lines else "whole"
