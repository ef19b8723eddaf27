"""All steps in their order, for all plans and payees, month by month up to one month.

Add nothing that decides an amount here: this file only says what follows what.
What is new against a ledger is `shadow`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from commission.engine.awards import award_lines
from commission.engine.credit import credits_of
from commission.engine.earning import earnings_of
from commission.engine.facts import Facts
from commission.engine.guards import PayeePlan
from commission.engine.money import exact
from commission.engine.periods import last_day, month_of, months
from commission.engine.results import Balance, Credit, Earning, EarningEvent, FxDifference, Note
from commission.engine.settling import FORGIVEN, Due, Opening, settle
from commission.ledger import Draft
from commission.plan import Plan

ZERO = Decimal(0)
SETTLING_TYPES = frozenset({"DRAW", "DRAW_RECOVERY", "CLAWBACK_RECOVERY"})


@dataclass(slots=True, kw_only=True)
class Calculation:
    """Everything calculated, as if each month had been settled with all that is known now."""

    plans: Sequence[Plan]
    facts: Facts
    through: str
    credits: list[Credit] = field(default_factory=list)
    earnings: list[Earning] = field(default_factory=list)
    earning_events: list[EarningEvent] = field(default_factory=list)
    lines: list[Draft] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    fx_differences: list[FxDifference] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def payable(self, payee_no: str, month: str) -> Decimal:
        """What the month pays the payee: all lines posted in it."""
        return sum((line.amount for line in self.lines if (line.payee_no, line.posting_period) == (payee_no, month)), ZERO)

    def earned(self, payee_no: str, month: str) -> Decimal:
        """What the month's events earned the payee, before guards."""
        return sum((row.amount for row in self.earnings if (row.payee_no, row.month) == (payee_no, month)), ZERO)

    def balance(self, payee_no: str, kind: str, month: str) -> Decimal:
        """One balance at the end of one month."""
        return sum((row.amount for row in self.balances if (row.payee_no, row.kind, row.month) == (payee_no, kind, month)), ZERO)

    def earned_lines(self) -> list[Draft]:
        """The lines that are a function of facts alone, without the settling of each month."""
        return [line for line in self.lines if line.entry_type not in SETTLING_TYPES and line.reason != FORGIVEN]


def calculate(plans: Sequence[Plan], facts: Facts, through: str) -> Calculation:
    """Calculate every month up to `through`."""
    with exact():
        return _calculate(sorted(plans, key=lambda plan: (plan.plan, plan.version)), facts, through)


def _calculate(plans: Sequence[Plan], facts: Facts, through: str) -> Calculation:
    credited = credits_of(plans, facts)
    rows = [row for row in credited.rows if row.month <= through]
    earned = earnings_of(plans, facts, rows)
    awards, award_notes = award_lines(plans, facts, through)
    done = Calculation(
        plans=plans,
        facts=facts,
        through=through,
        credits=rows,
        earnings=earned.months,
        earning_events=earned.events,
        fx_differences=credited.fx_differences,
        notes=[*credited.notes, *earned.notes, *award_notes],
    )
    for payee_no, pairs in groupby(_pairs(plans, facts, earned.events, awards), key=itemgetter(0)):
        _payee(done, [_Account(done, payee_no, plan_id, awards) for _, plan_id in pairs])
    done.lines.sort(
        key=lambda line: (line.posting_period, line.payee_no, line.plan_id or "", line.component_id or "", line.entry_type)
    )
    done.notes = sorted(set(done.notes))
    return done


def _pairs(plans: Sequence[Plan], facts: Facts, events: Sequence[EarningEvent], awards: Sequence[Draft]) -> list[tuple[str, str]]:
    known = {plan.plan for plan in plans}
    pairs = {(one.payee_no, one.plan_id) for one in events} | {(line.payee_no, line.plan_id or "") for line in awards}
    return sorted(pairs | {(one.payee_no, one.plan_id) for one in facts.assignments if one.plan_id in known})


class _Account:
    """One payee under one plan: what each month earns and withholds, and what is owed when it opens."""

    def __init__(self, done: Calculation, payee_no: str, plan_id: str, awards: Sequence[Draft]) -> None:
        self.payee_no = payee_no
        self.versions = [plan for plan in done.plans if plan.plan == plan_id]
        self.awards = [line for line in awards if (line.payee_no, line.plan_id) == (payee_no, plan_id)]
        self.by_month: dict[str, list[EarningEvent]] = defaultdict(list)
        for one in done.earning_events:
            if (one.payee_no, one.plan_id) == (payee_no, plan_id):
                self.by_month[one.month].append(one)
        self.first_month = _first_month(done, payee_no, self.versions, self.by_month, self.awards)
        self.guards = PayeePlan(payee_no, self.versions, done.facts)
        self.opening = Opening()

    def due(self, month: str) -> Due:
        """Guards and awards of the month, for settling."""
        before = len(self.guards.lines)
        self.guards.month(month, self.by_month[month])
        lines = [*self.guards.lines[before:], *(line for line in self.awards if line.posting_period == month)]
        return Due(plan=version_in(self.versions, month), lines=lines, opening=self.opening)

    def balances_at(self, month: str) -> list[Balance]:
        """What stands withheld or owed at the month's end."""
        owed = (("draw", -self.opening.draw), ("clawback", -self.opening.debt), ("draw_forgiven", -self.opening.forgiven))
        found = [Balance(payee_no=self.payee_no, kind=kind, month=month, amount=amount) for kind, amount in owed if amount]
        return [*self.guards.balances_at(month), *found]


def _payee(done: Calculation, accounts: Sequence[_Account]) -> None:
    """One payee under all their plans: guards, awards and settling of each month, carrying balances from month to month."""
    for month in months(min(one.first_month for one in accounts), done.through):
        begun = [one for one in accounts if one.first_month <= month]
        dues = [one.due(month) for one in begun]
        for one, due, settled in zip(begun, dues, settle(begun[0].payee_no, month, dues, done.facts), strict=True):
            one.opening = settled.closing
            done.lines += [*due.lines, *settled.lines]
            done.notes += settled.notes
            done.balances += one.balances_at(month)
    for one in accounts:
        done.notes += one.guards.notes


def version_in(versions: Sequence[Plan], month: str) -> Plan:
    """The newest version in force in the month, else the newest there is."""
    end = last_day(month)
    valid = [
        plan for plan in versions if plan.valid.start <= end and (plan.valid.end is None or month_of(plan.valid.end) >= month)
    ]
    return max(valid or versions, key=lambda plan: plan.version)


def _first_month(
    done: Calculation, payee_no: str, versions: Sequence[Plan], by_month: dict[str, list[EarningEvent]], awards: Sequence[Draft]
) -> str:
    """The first month anything may happen: first assigned day under a valid plan, first event or first award."""
    start = min(plan.valid.start for plan in versions)
    own = [one.valid_from for one in done.facts.assignments if (one.payee_no, one.plan_id) == (payee_no, versions[0].plan)]
    names = [month_of(max(start, day)) for day in own] + list(by_month) + [line.posting_period for line in awards]
    return min(names)
