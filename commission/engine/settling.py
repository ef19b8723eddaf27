"""Step 13: draws, their recovery, debts from clawbacks and penalties, and how much of a month's pay the law lets us take.

Add a rule over the payee's whole month here; everything is a function of the month's lines and of the balances it opens with.
A debt is never netted twice: it is carried by one line and recovered by others. What the law lets us take is one person's, by
the strictest of their plans: debts are served first, by the names of the plans, then draws.
"""

from __future__ import annotations

from collections import defaultdict
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
RECOVERED = "在法定扣款上限内追回"  # what is taken of a debt
FORGIVEN = "离职：预支余额核销"  # a leaver's draw that nobody owes back any more: the one write-off that is settling's
KEPT_AS = {  # what a line does to what is withheld; "lost": it is gone for good
    **dict.fromkeys(("CAP_WITHHELD", "CAP_RELEASE"), "cap"),
    **dict.fromkeys(("HOLD", "HOLD_RELEASE"), "hold"),
    **dict.fromkeys(("HOLDBACK", "HOLDBACK_RELEASE"), "holdback"),
    "WRITE_OFF": "lost",
}
_DEBT_TYPES = ("CLAWBACK", "ADJ_DATA", "ADJ_SPLIT", "ADJ_PLAN", "ADJ_DISPUTE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a payee owes when the month opens: draws to repay, clawbacks to recover, draws forgiven so far."""

    draw: Decimal = ZERO
    debt: Decimal = ZERO
    forgiven: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One plan's month of the payee: the version whose clauses act, the lines to settle, what is owed when it opens."""

    plan: Plan
    lines: Sequence[Draft]
    opening: Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One plan's settling lines of the month and what is owed under it after them."""

    lines: list[Draft]
    closing: Opening
    notes: list[Note]


def settle(payee_no: str, month: str, dues: Sequence[Due], facts: Facts) -> list[Settled]:
    """One payee's month: carry what cannot be paid, recover what may be, top up what the plans guarantee; plans by name."""
    desks = [_Desk(one, payee_no, month, facts) for one in dues]
    for desk in desks:
        desk.carry()
    left = min((desk.limit() for desk in desks), default=ZERO)
    for desk in desks:
        left -= desk.recover(left)
    for desk in desks:
        desk.draw(left)
    return [
        Settled(
            lines=desk.lines, closing=Opening(draw=desk.drawn, debt=desk.debt, forgiven=desk.forgiven), notes=desk.notes
        )
        for desk in desks
    ]


def _netted(plan: Plan, lines: Sequence[Draft]) -> tuple[Decimal, Decimal]:
    """What is left to pay, never negative, and what of the month becomes a debt."""
    debt = -sum((line.amount for line in lines if line.entry_type == "PENALTY"), ZERO)
    net = sum((line.amount for line in lines if line.entry_type != "PENALTY"), ZERO)
    if not plan.recovery.offset_commission:
        taken = sum((min(ZERO, amount) for amount in _takeable(lines)), ZERO)
        net, debt = net - taken, debt - taken
    return (net, debt) if net >= 0 else (ZERO, debt - net)


def _takeable(lines: Sequence[Draft]) -> list[Decimal]:
    """What takes back line by line, and what changed of a closed month as a whole: what it kept and let go is one matter."""
    changes: dict[tuple[str | None, str], Decimal] = defaultdict(lambda: ZERO)
    found = []
    for line in lines:
        if is_change(line):
            changes[line.component_id, line.origin_period] += line.amount
        elif line.entry_type in _DEBT_TYPES:
            found.append(line.amount)
    return [*found, *changes.values()]


def is_change(line: Draft) -> bool:
    """True of a line by which a closed month would come out otherwise today: an adjustment, or what it would keep or lose."""
    is_kept = line.entry_type in KEPT_AS and line.origin_period < line.posting_period
    return line.decision_id is None and (is_kept or line.entry_type in ("ADJ_DATA", "ADJ_SPLIT", "ADJ_PLAN"))


class _Desk:
    """Where one payee's month under one plan is settled."""

    def __init__(self, due: Due, payee_no: str, month: str, facts: Facts) -> None:
        self.plan, self.payee_no, self.month, self.facts = due.plan, payee_no, month, facts
        self.lines: list[Draft] = []
        self.notes: list[Note] = []
        self.net, self.new_debt = _netted(due.plan, due.lines)
        self.drawn, self.debt, self.forgiven = due.opening.draw, due.opening.debt, due.opening.forgiven

    def carry(self) -> None:
        """What the month cannot pay becomes a debt, and so does a leaver's open draw."""
        self.post("CLAWBACK_RECOVERY", self.new_debt, "转入待追回余额")
        self.debt += self.new_debt
        self.leaver()

    def recover(self, limit: Decimal) -> Decimal:
        """What is taken of the debt under what is left of the limit."""
        recovered = min(self.debt, limit)
        self.post("CLAWBACK_RECOVERY", -recovered, RECOVERED)
        self.debt -= recovered
        return recovered

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

    def limit(self) -> Decimal:
        """The most the plan lets us take: a share of the month's wages, down to the minimum wage; unknown wages allow nothing."""
        wage = next((one for one in self.facts.wages if (one.payee_no, one.month) == (self.payee_no, self.month)), None)
        if wage is None:
            if self.debt:
                message = f"{self.debt:.2f} to recover, wages of the month unknown; nothing taken"
                self.notes.append(Note(rule="wages_unknown", subject=f"{self.payee_no} {self.month}", message=message))
            return ZERO
        clause = self.plan.recovery
        minimum = clause.minimum_wage if wage.minimum_wage is None else wage.minimum_wage
        share = cents(wage.wages * clause.wage_share)
        share = share if share <= wage.wages * clause.wage_share else share - Decimal("0.01")
        return max(ZERO, min(share, wage.wages - minimum))

    def leaver(self) -> None:
        """What becomes of an open draw in the month somebody leaves: a debt under the legal limit, or written off."""
        left = left_on(self.facts, self.payee_no)
        clause, open_draw = self.plan.draw, self.drawn
        if clause is None or clause.kind != "recoverable" or not open_draw or left is None or month_of(left) > self.month:
            return
        self.drawn = ZERO
        if clause.on_leave == "write_off":
            self.post("DRAW_RECOVERY", -open_draw, FORGIVEN)
            self.post("WRITE_OFF", open_draw, FORGIVEN)
            self.forgiven += open_draw
            return
        self.post("DRAW_RECOVERY", -open_draw, "离职：预支余额转入待追回")
        self.post("CLAWBACK_RECOVERY", open_draw, "离职：预支余额转入待追回")
        self.debt += open_draw

    def draw(self, limit_left: Decimal) -> None:
        """Top up to the floor, or take back what an earlier month was topped up by."""
        clause = self.plan.draw
        if clause is None:
            return
        if self.net < clause.amount and self._is_topped_up():
            added = clause.amount - self.net
            self.post("DRAW", added, "预支补足" if clause.kind == "recoverable" else GUARANTEED)
            self.drawn += added if clause.kind == "recoverable" else ZERO
            self.forgiven += added if clause.kind != "recoverable" else ZERO
            return
        if clause.kind != "recoverable" or (clause.recover_from is not None and self.month < clause.recover_from):
            return
        floor = clause.amount if clause.recover_down_to is None else clause.recover_down_to
        taken = max(ZERO, min(self.drawn, self.net - floor))
        taken = min(taken, limit_left) if self.plan.recovery.limit_draws else taken
        self.post("DRAW_RECOVERY", -taken, "预支收回")
        self.drawn -= taken

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
