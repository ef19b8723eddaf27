"""What the engine answers, step by step, so that every cent can be followed back.

Add a column where an explanation needs one. Ledger lines are `commission.ledger.Draft`, the same as finance posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One event credited to one payee under one component."""

    event_id: str
    payee_no: str
    plan_id: str
    plan_version: int
    plan_hash: str
    component_id: str
    role: str
    share: Decimal
    path: str
    event_date: date
    month: str
    window: str
    transaction_id: str
    measured: Decimal
    fx_rate: Decimal
    fx_date: date | None
    factor: Decimal
    base: Decimal
    split_decided_on: date | None = None

    @property
    def chain(self) -> tuple[str, str, int, str, str]:
        """What is accumulated together."""
        return (self.payee_no, self.plan_id, self.plan_version, self.component_id, self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningEvent:
    """The cents one event moved, in the month it moved them; `origin_month` is the month they undo or add to."""

    event_id: str
    transaction_id: str
    payee_no: str
    plan_id: str
    plan_version: int
    component_id: str
    window: str
    month: str
    origin_month: str
    base: Decimal
    cumulative_base: Decimal
    exact: Decimal
    amount: Decimal
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """One payee, component and accumulation window as it stood at the end of one month."""

    payee_no: str
    plan_id: str
    plan_version: int
    plan_hash: str
    component_id: str
    component_name: str
    window: str
    month: str
    base_in_month: Decimal
    base_to_date: Decimal
    earned_to_date: Decimal
    amount: Decimal
    quota: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is earned and not paid (positive) or paid and not earned (negative) at the end of a month."""

    payee_no: str
    kind: str
    month: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FxDifference:
    """What a locked rate kept from the payee or spared the company; shown to finance only."""

    event_id: str
    payee_no: str
    component_id: str
    base_locked: Decimal
    base_at_event: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """Something a person must look at: not paid, not found, not allowed, and why."""

    rule: str
    subject: str
    message: str
