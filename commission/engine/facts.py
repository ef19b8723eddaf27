"""What the engine is told: dated events and what people decided, as plain values.

Add a fact here when a rule needs one the others do not carry; days named `last_day` or `valid_to` are inclusive.
Where facts come from (CRM, ERP, company folder) is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One dated fact that may earn; a refund, return, credit note or cancellation is negative and names its original.

    An order of several lines is told twice: as one `whole` event and as one event a `line`, and a component reads one of the two
    (`Component.grain`). An event of one line, or of none, is told once as `any`. An original has the grain of its negative.
    """

    event_id: str
    event_type: str
    transaction_id: str | None
    event_date: date
    event_time: datetime | None = None
    dates: Mapping[str, date] = field(default_factory=dict)
    signed_date: date | None = None
    first_seen_on: date | None = None
    bill_maturity_date: date | None = None
    original_event_id: str | None = None
    grain: str = "any"
    currency: str = "CNY"
    amount_ex_tax: Decimal = ZERO
    amount_incl_tax: Decimal = ZERO
    gross_margin: Decimal = ZERO
    quantity: Decimal = ZERO
    mrr: Decimal = ZERO
    transaction_total: Decimal | None = None
    owner_at_signature: str | None = None
    owner_at_event: str | None = None
    is_cash: bool = True
    is_applied: bool = True
    product_line: str | None = None
    product_code: str | None = None
    variant: str | None = None
    category: str | None = None
    customer_key: str | None = None
    customer_class: str | None = None
    customer_tier: str | None = None
    region: str | None = None
    department: str | None = None
    crm: str | None = None
    method: str | None = None
    tags: frozenset[str] = frozenset()
    days_past_due: Decimal = ZERO
    discount_rate: Decimal = ZERO
    margin_rate: Decimal = ZERO

    def is_read_at(self, grain: str) -> bool:
        """True when a component of that grain reads this event."""
        return self.grain in ("any", grain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A share of one transaction's credit; all shares in force on a day sum to one, overlays apart."""

    transaction_id: str
    payee_no: str
    share: Decimal
    valid_from: date | None = None
    valid_to: date | None = None
    decided_on: date | None = None
    is_overlay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person over one stretch of days: manager, department, role."""

    payee_no: str
    valid_from: date
    valid_to: date | None = None
    name: str | None = None
    manager_no: str | None = None
    department: str | None = None
    role: str | None = None
    region: str | None = None
    hire_date: date | None = None
    leave_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who is under which plan, when."""

    payee_no: str
    plan_id: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """Plan currency per one unit of foreign currency on one day."""

    rate_type: str
    currency: str
    rate_date: date
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A target of one person over whole days."""

    payee_no: str
    measure: str
    first_day: date
    last_day: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Leave that shortens quota and target pay."""

    payee_no: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Wage:
    """What payroll pays in one month, for the legal limit; a minimum wage here overrides the plan's."""

    payee_no: str
    month: str
    wages: Decimal
    minimum_wage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A transaction reached what a holdback waits for."""

    transaction_id: str
    name: str
    reached_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHold:
    """A transaction whose pay waits, with the reason."""

    transaction_id: str
    reason: str
    held_from: date
    released_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A named figure of one payee and period, for gates and rankings."""

    payee_no: str
    period: str
    name: str
    value: Decimal
    reached_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Somebody entitled let a payee through a gate for one month."""

    payee_no: str
    month: str
    gate_id: str
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMember:
    """A member's share and days in a pool's period."""

    pool_id: str
    period: str
    payee_no: str
    share: Decimal
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """A deduction under a named clause, with its paper and its approver."""

    payee_no: str
    month: str
    clause_id: str
    amount: Decimal
    evidence: str | None
    approved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A payee signed a plan version."""

    payee_no: str
    plan_id: str
    version: int
    accepted_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Who takes over a leaver's pending money, from which day; for one transaction, or for all."""

    leaver_no: str
    successor_no: str
    transaction_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the engine may know."""

    events: tuple[Event, ...]
    assignments: tuple[Assignment, ...]
    people: tuple[Person, ...] = ()
    splits: tuple[Split, ...] = ()
    fx_rates: tuple[FxRate, ...] = ()
    quotas: tuple[Quota, ...] = ()
    absences: tuple[Absence, ...] = ()
    wages: tuple[Wage, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    order_holds: tuple[OrderHold, ...] = ()
    figures: tuple[Figure, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    pool_members: tuple[PoolMember, ...] = ()
    penalties: tuple[Penalty, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    handovers: tuple[Handover, ...] = ()
    workdays: frozenset[date] = frozenset()
    fiscal_year_start_month: int = 1
