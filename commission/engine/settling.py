"""Step 13: draws, their recovery, debts from clawbacks and penalties, and how much of a month's pay the law lets us take.

Add a rule over the payee's whole month here; everything is a function of the month's lines and of the balances it opens with.
A debt is never netted twice: it is carried by one line and recovered by others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from commission.engine.facts import Facts
from commission.engine.holders import left_on
from commission.engine.money import cents
from commission.engine.periods import first_day, last_day, month_of, next_month
from commission.engine.results import Note
from commission.ledger import Draft
from commission.plan import Plan

ZERO = Decimal(0)
GUARANTEED = "保障补足"  # a top-up that nobody owes back
_DEBT_TYPES = ("CLAWBACK", "ADJ_DATA", "ADJ_SPLIT", "ADJ_PLAN", "ADJ_DISPUTE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a payee owes when the month opens: draws to repay, clawbacks to recover, draws forgiven so far."""

    draw: Decimal = ZERO
    debt: Decimal = ZERO
    forgiven: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The month's settling lines and what is owed after them."""

    lines: list[Draft]
    closing: Opening
    notes: list[Note]


def settle(plan: Plan, payee_no: str, month: str, lines: Sequence[Draft], opening: Opening, facts: Facts) -> Settled:
    """One payee's month: carry what cannot be paid, recover what may be, top up what the plan guarantees."""
    desk = _Desk(plan, payee_no, month, facts)
    net, new_debt = _netted(plan, lines)
    desk.post("CLAWBACK_RECOVERY", new_debt, "转入待追回余额")
    debt = opening.debt + new_debt
    draw, forgiven = desk.leaver(opening.draw, opening.forgiven)
    debt += desk.moved_to_debt
    limit = desk.limit(debt)
    recovered = min(debt, limit)
    desk.post("CLAWBACK_RECOVERY", -recovered, "在法定扣款上限内追回")
    draw, forgiven = desk.draw(net, draw, forgiven, limit - recovered)
    return Settled(lines=desk.lines, closing=Opening(draw=draw, debt=debt - recovered, forgiven=forgiven), notes=desk.notes)


def _netted(plan: Plan, lines: Sequence[Draft]) -> tuple[Decimal, Decimal]:
    """What is left to pay, never negative, and what of the month becomes a debt."""
    penalties = -sum((line.amount for line in lines if line.entry_type == "PENALTY"), ZERO)
    rest = [line for line in lines if line.entry_type != "PENALTY"]
    debt = penalties
    if not plan.recovery.offset_commission:
        taken = [line for line in rest if line.entry_type in _DEBT_TYPES and line.amount < 0]
        debt -= sum((line.amount for line in taken), ZERO)
        rest = [line for line in rest if line not in taken]
    net = sum((line.amount for line in rest), ZERO)
    return (net, debt) if net >= 0 else (ZERO, debt - net)


class _Desk:
    """Where one payee's month is settled."""

    def __init__(self, plan: Plan, payee_no: str, month: str, facts: Facts) -> None:
        self.plan, self.payee_no, self.month, self.facts = plan, payee_no, month, facts
        self.lines: list[Draft] = []
        self.notes: list[Note] = []
        self.moved_to_debt = ZERO

    def post(self, kind: str, amount: Decimal, reason: str) -> None:
        """A line of the payee, unless it is nothing."""
        if amount:
            self.lines.append(
                Draft(
                    entry_type=kind,
                    payee_no=self.payee_no,
                    plan_id=self.plan.plan,
                    plan_hash=self.plan.hash,
                    origin_period=self.month,
                    posting_period=self.month,
                    amount=amount,
                    reason=reason,
                )
            )

    def limit(self, debt: Decimal) -> Decimal:
        """The most that may be taken this month: a share of the wages, down to the minimum wage; unknown wages allow nothing."""
        wage = next((one for one in self.facts.wages if (one.payee_no, one.month) == (self.payee_no, self.month)), None)
        if wage is None:
            if debt:
                message = f"{debt} to recover, wages of the month unknown; nothing taken"
                self.notes.append(Note(rule="wages_unknown", subject=f"{self.payee_no} {self.month}", message=message))
            return ZERO
        clause = self.plan.recovery
        minimum = clause.minimum_wage if wage.minimum_wage is None else wage.minimum_wage
        share = cents(wage.wages * clause.wage_share)
        share = share if share <= wage.wages * clause.wage_share else share - Decimal("0.01")
        return max(ZERO, min(share, wage.wages - minimum))

    def leaver(self, draw: Decimal, forgiven: Decimal) -> tuple[Decimal, Decimal]:
        """What becomes of an open draw in the month somebody leaves: a debt under the legal limit, or written off."""
        left = left_on(self.facts, self.payee_no)
        clause = self.plan.draw
        if clause is None or clause.kind != "recoverable" or not draw or left is None or month_of(left) > self.month:
            return draw, forgiven
        if clause.on_leave == "write_off":
            self.post("DRAW_RECOVERY", -draw, "离职：预支余额核销")
            self.post("WRITE_OFF", draw, "离职：预支余额核销")
            return ZERO, forgiven + draw
        self.post("DRAW_RECOVERY", -draw, "离职：预支余额转入待追回")
        self.post("CLAWBACK_RECOVERY", draw, "离职：预支余额转入待追回")
        self.moved_to_debt = draw
        return ZERO, forgiven

    def draw(self, net: Decimal, balance: Decimal, forgiven: Decimal, limit_left: Decimal) -> tuple[Decimal, Decimal]:
        """Top up to the floor, or take back what an earlier month was topped up by."""
        clause = self.plan.draw
        if clause is None:
            return balance, forgiven
        if net < clause.amount and self._is_topped_up():
            self.post("DRAW", clause.amount - net, "预支补足" if clause.kind == "recoverable" else GUARANTEED)
            added = clause.amount - net
            return (balance + added, forgiven) if clause.kind == "recoverable" else (balance, forgiven + added)
        if clause.kind != "recoverable" or (clause.recover_from is not None and self.month < clause.recover_from):
            return balance, forgiven
        floor = clause.amount if clause.recover_down_to is None else clause.recover_down_to
        taken = max(ZERO, min(balance, net - floor))
        taken = min(taken, limit_left) if self.plan.recovery.limit_draws else taken
        self.post("DRAW_RECOVERY", -taken, "预支收回")
        return balance - taken, forgiven

    def _is_topped_up(self) -> bool:
        """True while the payee is under the plan and the draw has not expired."""
        clause = self.plan.draw
        if clause is None or (clause.until is not None and self.month > clause.until) or not self._is_under_plan():
            return False
        own = [one for one in self.facts.people if one.payee_no == self.payee_no]
        hired = min((one.hire_date for one in own if one.hire_date), default=None)
        if (
            clause.first_months is not None
            and hired is not None
            and self.month >= next_month(month_of(hired), clause.first_months)
        ):
            return False
        left = left_on(self.facts, self.payee_no)
        return left is None or month_of(left) >= self.month

    def _is_under_plan(self) -> bool:
        first, last = first_day(self.month), last_day(self.month)
        return any(
            one.payee_no == self.payee_no
            and one.plan_id == self.plan.plan
            and one.valid_from <= last
            and (one.valid_to is None or one.valid_to >= first)
            for one in self.facts.assignments
        )
