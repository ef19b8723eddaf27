"""The whole shape of a plan file, C2 of the commission specification, typed; unknown keys are errors.

Add a rule over the payee's total, the plan's people or its paper here; one way of earning is in `component` and `rates`.
A plan knows its file and lines, so that whoever finds a fault later can still point at it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from commission.plan.component import Cap, Component, Filter, Floor
from commission.plan.reader import Document
from commission.plan.values import Money, Month, Name, Part, Positive, Sentence, Share, Words, Zone


class Valid(Part):
    """First and last day, both inclusive; no last day: until further notice."""

    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Valid:
        if self.end is not None and self.end < self.start:
            raise ValueError("`to` is before `from`")
        return self

    def covers(self, day: date) -> bool:
        """True on both end days and between."""
        return self.start <= day and (self.end is None or day <= self.end)


class Approval(Part):
    """Who signed the plan, in which role, when."""

    role: str
    id: str
    at: date


class Eligible(Part):
    """Whom among the assigned the plan is for; every key given must match the org record of the day."""

    role: Words | None = None
    department: Words | None = None
    region: Words | None = None
    employment: Literal["active_on_date", "any"] = "any"


class Gate(Part):
    """A condition on the payee's month that zeroes, holds or reduces the payout, as its own line."""

    id: Name
    condition: Sentence = Field(alias="if")
    then: Literal["zero", "hold", "reduce"]
    x: Share | None = None
    release: Sentence | None = None
    components: Words | None = None
    waived_by: str | None = None

    @model_validator(mode="after")
    def _reduce_says_by_how_much(self) -> Gate:
        if (self.then == "reduce") != (self.x is not None):
            raise ValueError("`then: reduce` needs `x`, the share still paid; the others take none")
        return self


class Quota(Part):
    """Which targets attainment is measured against, and how a part period shortens them."""

    source: Literal["targets"]
    measure: str
    proration: Literal["calendar_days_inclusive", "workdays", "whole_months"] = "calendar_days_inclusive"


class Draw(Part):
    """A top-up to a floor: repaid from later earnings, or a guarantee."""

    kind: Literal["recoverable", "non_recoverable"]
    amount: Positive
    per: Literal["month"] = "month"
    recover_from: Month | None = None
    recover_down_to: Money | None = None
    until: Month | None = None
    first_months: int | None = Field(default=None, ge=1)
    on_leave: Literal["settle_with_legal_limit", "write_off"] = "settle_with_legal_limit"


class Recovery(Part):
    """C7: how much of a debt may be taken from one month's pay; the rest is carried."""

    wage_share: Share = Decimal("0.20")
    minimum_wage: Money = Decimal(0)
    offset_commission: bool = True
    limit_draws: bool = False


class Champion(Part):
    """A ranked prize with its gate and tie rule."""

    prize: Positive
    rank_by: Literal["collected_ex_tax", "signed_ex_tax", "gross_margin", "attainment", "new_customers", "visits", "valid_visits"]
    gates: tuple[Sentence, ...] = ()
    ties: tuple[Literal["gross_margin", "collected_ex_tax", "signed_ex_tax", "earlier_date", "split"], ...] = ()
    repeat_after_months: int | None = Field(default=None, ge=1)
    exclude_winners_of: tuple[Literal["monthly_champion", "quarterly_champion"], ...] = ()


class Award(Part):
    """The champions of month, quarter and year."""

    monthly_champion: Champion | None = None
    quarterly_champion: Champion | None = None
    yearly_champion: Champion | None = None


class Spiff(Part):
    """A dated prize per unit or per deal, first come until the budget is spent; a return takes it back."""

    id: Name
    name_zh: str | None = None
    event: Literal["signed", "invoiced", "cash_applied", "delivered"]
    per: Literal["unit", "deal"]
    amount: Positive
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    budget: Positive | None = None
    filter: Filter | None = None

    @property
    def grain(self) -> str:
        """`line` when only some lines of an order may count; else each event is read `whole`."""
        return "line" if self.filter is not None and self.filter.reads_lines else "whole"


class Pool(Part):
    """A fixed sum divided by share and days among the members listed for the period."""

    id: Name
    name_zh: str | None = None
    amount: Positive
    per: Literal["month", "quarter", "year"]


class PenaltyClause(Part):
    """What may be deducted, in which case, up to how much; never automatic."""

    id: Name
    clause: str = Field(min_length=1)
    max_amount: Positive


class Leaver(Part):
    """Who is credited with money that arrives after the owner has left."""

    grace_days: int = Field(default=0, ge=0)
    pending: Literal["new_owner", "forfeit"]


class Rounding(Part):
    """C4; the only rounding there is, written down so that the paper says it."""

    mode: Literal["HALF_UP"] = "HALF_UP"
    places: Literal[2] = 2
    unit: Literal["payee_component_period"] = "payee_component_period"


class Fx(Part):
    """Which day's rate of which type converts foreign amounts."""

    rate: Literal["signed_date", "event_date", "month_average"] = "signed_date"
    type: str
    lock: bool = True


class Plan(Part):
    """One version of one plan, as finance approved it."""

    plan: Name
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    author: str | None = None
    valid: Valid
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    approved_by: tuple[Approval, ...] = Field(min_length=1)
    accepted_by: str | None = None
    eligible: Eligible | None = None
    timezone: Zone = "Asia/Shanghai"
    components: tuple[Component, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    quota: Quota | None = None
    draw: Draw | None = None
    recovery: Recovery = Recovery()
    award: Award | None = None
    spiffs: tuple[Spiff, ...] = ()
    pools: tuple[Pool, ...] = ()
    penalties: tuple[PenaltyClause, ...] = ()
    leaver: Leaver | None = None
    cap: Cap | None = None
    floor: Floor | None = None
    rounding: Rounding = Rounding()
    fx: Fx | None = None
    backdating_review_days: int = Field(default=5, ge=0)

    _file: str = PrivateAttr(default="")
    _document: Document | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _ids_are_single(self) -> Plan:
        for what, ids in (
            ("components", [part.id for part in self.components]),
            ("gates", [gate.id for gate in self.gates]),
            ("spiffs", [spiff.id for spiff in self.spiffs]),
            ("pools", [pool.id for pool in self.pools]),
            ("penalties", [clause.id for clause in self.penalties]),
        ):
            doubled = sorted({one for one in ids if ids.count(one) > 1})
            if doubled:
                raise ValueError(f"{what}: id {', '.join(doubled)} stands twice")
        if (
            any(
                part.rate.kind == "attainment" or getattr(part.rate, "scale", "amount") == "attainment"
                for part in self.components
            )
            and self.quota is None
        ):
            raise ValueError("a rate on attainment needs `quota`: {source: targets, measure: …}")
        return self

    @property
    def file(self) -> str:
        """The file it was read from."""
        return self._file

    def read_from(self, file: str, document: Document) -> Plan:
        """The same plan, remembering where it was read."""
        self._file, self._document = file, document
        return self

    def line(self, *path: str | int) -> int:
        """The line on which that key stands in the file."""
        return self._document.line(tuple(path)) if self._document else 1

    def component(self, component_id: str) -> Component:
        """The component of that id."""
        return next(part for part in self.components if part.id == component_id)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what the plan says: comments, order of keys and spelling of numbers do not count."""
        said = self.model_dump(by_alias=True, exclude_unset=True)
        return hashlib.sha256(
            json.dumps(_canonical(said), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        ).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {key: _canonical(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(part) for part in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.isoformat() if isinstance(value, date) else value
