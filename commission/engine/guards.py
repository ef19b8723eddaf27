"""Steps 10 and 11: caps and floors, gates, holds, holdbacks, instalments; what is withheld goes to a named balance.

Add a guard as one method that takes what is left to pay and returns what is left after it, and book the rest with `_withhold`;
what nobody will get any more with `_lose`, so that it stands in no balance and on the statement as a line of its own.
Draws, debts and the legal limit act on the payee's whole month and are `settling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from commission.engine.facts import Facts
from commission.engine.holders import left_on, person_on
from commission.engine.money import cents, equal_parts, telescoped
from commission.engine.periods import last_day, month_of, next_month, period_of
from commission.engine.results import Balance, EarningEvent, Note
from commission.ledger import Draft
from commission.plan import Component, MissingValue, Plan, parse_expression
from commission.plan.component import Cap
from commission.plan.schema import Gate

ZERO = Decimal(0)
NO_MORE = "不再支付"  # how a line says that its amount is gone for good


@dataclass(slots=True)
class Capped:
    """A cap's period so far: what it was asked for, what it let through, and under which name the rest stands."""

    asked: Decimal
    paid: Decimal = ZERO
    rest: dict[str, Decimal] = field(default_factory=dict)


class PayeePlan:
    """One payee under one plan, month after month: what is withheld, and what comes back."""

    def __init__(self, payee_no: str, versions: Sequence[Plan], facts: Facts) -> None:
        self.payee_no = payee_no
        self.versions = sorted(versions, key=lambda plan: plan.version)
        self.facts = facts
        self.lines: list[Draft] = []
        self.notes: list[Note] = []
        self.balances: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self._capped: dict[tuple[str, str], Capped] = {}
        self._carried: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._paid_of: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self._order_held: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self._later: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        self._since: dict[tuple[str, str], str] = {}

    def month(self, month: str, events: Sequence[EarningEvent]) -> None:
        """Book one month: what was earned, what is kept back and what is let go."""
        version = self._version(month)
        left: dict[str, Decimal] = {}
        for component_id in self._components(month, events):
            own = [one for one in events if one.component_id == component_id]
            left[component_id] = self._earn(month, version, component_id, own)
        self._total(month, version, left)
        self._gates(month, version, left)
        for component_id, amount in left.items():
            own = [one for one in events if one.component_id == component_id]
            component = self._component(version, component_id)
            if component is not None:
                amount = self._holds(month, component, amount, own)
                self._instalments(month, component, amount)

    def balances_at(self, month: str) -> list[Balance]:
        """What stands withheld now, by kind."""
        kinds: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for (kind, _), amount in self.balances.items():
            kinds[kind] += amount
        return [
            Balance(payee_no=self.payee_no, kind=kind, month=month, amount=amount)
            for kind, amount in sorted(kinds.items())
            if amount
        ]

    def _version(self, month: str) -> Plan:
        """The version whose guards act: the newest in force in the month, else the newest there was."""
        first, last = f"{month}-01", last_day(month).isoformat()
        valid = [
            plan
            for plan in self.versions
            if plan.valid.start.isoformat() <= last and (plan.valid.end is None or plan.valid.end.isoformat() >= first)
        ]
        return (valid or self.versions)[-1]

    def _component(self, version: Plan, component_id: str) -> Component | None:
        ordered = [version, *[plan for plan in reversed(self.versions) if plan is not version]]
        return next((part for plan in ordered for part in plan.components if part.id == component_id), None)

    def _components(self, month: str, events: Sequence[EarningEvent]) -> list[str]:
        """Components that earned, that have a floor, or of which something is kept."""
        kept = {slot.partition("\0")[0] for (_, slot), amount in self.balances.items() if amount}
        floors = {part.id for part in self._version(month).components if part.floor is not None and self._under_plan(month)}
        return sorted({one.component_id for one in events} | kept | floors)

    def _under_plan(self, month: str) -> bool:
        first, last = f"{month}-01", last_day(month).isoformat()
        plan_id = self.versions[0].plan
        return any(
            one.payee_no == self.payee_no
            and one.plan_id == plan_id
            and one.valid_from.isoformat() <= last
            and (one.valid_to is None or one.valid_to.isoformat() >= first)
            for one in self.facts.assignments
        )

    def _earn(self, month: str, version: Plan, component_id: str, events: Sequence[EarningEvent]) -> Decimal:
        """EARN and CLAWBACK lines by version and origin, the floor, the caps of the component; what is left to pay."""
        sums: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
        for one in events:
            sums[one.plan_version, one.origin_month] += one.amount
        plans = {plan.version: plan for plan in self.versions}
        for (number, origin), amount in sorted(sums.items()):
            kind = "EARN" if origin == month else "CLAWBACK"
            self._line(plans[number], component_id, kind, month, amount, "退款冲回" if kind == "CLAWBACK" else None, origin)
        earned = sum(sums.values(), ZERO)
        component = self._component(version, component_id)
        if component is None:
            return earned
        if component.floor is not None and earned < component.floor.amount and self._under_plan(month):
            self._line(version, component_id, "EARN", month, component.floor.amount - earned, "保底补足")
            earned = component.floor.amount
        if component.cap is None:
            return earned
        if component.cap.per == "event":
            over = sum((max(ZERO, one.amount - component.cap.amount) for one in events), ZERO)
            if component.cap.excess == "review":
                return earned - self._withhold(version, component_id, month, {"cap_review": over}, "单笔封顶")
            return earned - self._lose(version, component_id, month, over, "cap_dropped", f"单笔封顶，超出部分{NO_MORE}")
        return self._cap(version, component_id, month, earned, component.cap)

    def _cap(self, version: Plan, component_id: str, month: str, earned: Decimal, cap: Cap) -> Decimal:
        """The most of the period's earnings, with what was carried in; the rest is carried, put up for review, or lost."""
        period = period_of(last_day(month), cap.per, self.facts.fiscal_year_start_month)
        carried = self._carried[component_id]
        so_far = self._capped.setdefault((component_id, period), Capped(carried, rest={"cap_withheld": carried}))
        so_far.asked += earned
        before, so_far.paid = so_far.paid, min(so_far.asked, cap.amount)
        rest = so_far.asked - so_far.paid
        self._carried[component_id] = rest if cap.excess == "carry_forward" else ZERO
        kind = {"carry_forward": "cap_withheld", "drop": "cap_dropped", "review": "cap_review"}[cap.excess]
        added = {name: -amount for name, amount in so_far.rest.items()}
        added[kind] = added.get(kind, ZERO) + rest
        so_far.rest = {kind: rest}
        reason = f"封顶 {cap.amount.normalize():f}"
        self._lose(version, component_id, month, added.pop("cap_dropped", ZERO), "cap_dropped", f"{reason}，超出部分{NO_MORE}")
        self._withhold(version, component_id, month, added, reason)
        return so_far.paid - before

    def _total(self, month: str, version: Plan, left: dict[str, Decimal]) -> None:
        """The plan's own floor and cap over all components, shared over them in proportion."""
        total = sum(left.values(), ZERO)
        if version.floor is not None and total < version.floor.amount and self._under_plan(month):
            self._line(version, None, "EARN", month, version.floor.amount - total, "总额保底补足")
            left[""] = version.floor.amount - total
            total = version.floor.amount
        if version.cap is None or version.cap.per == "event":
            return
        payable = self._cap(version, "", month, total, version.cap)
        if total:
            left.update(zip(left, telescoped(payable, list(left.values())), strict=True))
        else:
            left[""] = left.get("", ZERO) + payable

    def _gates(self, month: str, version: Plan, left: dict[str, Decimal]) -> None:
        figures = {one.name: one.value for one in self.facts.figures if one.payee_no == self.payee_no and one.period == month}
        for gate in version.gates:
            shut = not self._is_waived(gate, month) and self._is_shut(gate, figures, month)
            for component_id in left:
                if gate.components is None or component_id in gate.components:
                    left[component_id] = self._gate(gate, shut, month, version, component_id, left[component_id], figures)

    def _is_waived(self, gate: Gate, month: str) -> bool:
        """True when somebody let the payee through whom the plan names, by number or by role; anybody where it names nobody."""
        is_waived = False
        for one in self.facts.waivers:
            if (one.payee_no, one.month, one.gate_id) != (self.payee_no, month, gate.id):
                continue
            approver = person_on(self.facts, one.approved_by, last_day(month))
            may = gate.waived_by in (None, one.approved_by, approver.role if approver else None)
            is_waived = is_waived or may
            rule, told = ("gate_waived", "") if may else ("gate_not_waived", f", which only {gate.waived_by} may: no effect")
            message = f"{gate.id} waived by {one.approved_by}{told}"
            self.notes.append(Note(rule=rule, subject=f"{self.payee_no} {month}", message=message))
        return is_waived

    def _is_shut(self, gate: Gate, figures: dict[str, Decimal], month: str) -> bool:
        """True when the gate's condition is met; an unknown figure shuts it too, and says so."""
        try:
            return parse_expression(gate.condition).holds(figures)
        except MissingValue as missing:
            told = {"hold": "held", "zero": "zeroed", "reduce": "reduced"}[gate.then]
            message = f"{gate.id}: {missing} unknown, {told}"
            self.notes.append(Note(rule="gate_figure_missing", subject=f"{self.payee_no} {month}", message=message))
            return True

    def _gate(
        self, gate: Gate, shut: bool, month: str, version: Plan, component_id: str, amount: Decimal, figures: dict[str, Decimal]
    ) -> Decimal:
        """Zero, hold or reduce what is left of one component; a gate that opens lets the held go."""
        slot = ("hold", f"{component_id}\0{gate.id}")
        held = self.balances[slot]
        if held and not shut and self._released(gate, figures):
            self.balances[slot] = ZERO
            self._line(version, component_id or None, "HOLD_RELEASE", month, held, f"{gate.id} 已达标，释放")
            return amount + held
        if not shut or amount <= 0:
            return amount
        keep = cents(amount * gate.x) if gate.then == "reduce" and gate.x is not None else ZERO
        condition = parse_expression(gate.condition).in_chinese()
        if gate.then != "hold":
            return amount - self._lose(
                version, component_id, month, amount - keep, "gate_forfeited", f"{gate.id}:{condition}，{NO_MORE}"
            )
        self.balances[slot] += amount
        self._line(version, component_id or None, "HOLD", month, -amount, f"{gate.id}:{condition}")
        return ZERO

    def _released(self, gate: Gate, figures: dict[str, Decimal]) -> bool:
        if gate.release is None:
            return True
        try:
            return parse_expression(gate.release).holds(figures)
        except MissingValue:
            return False

    def _holds(self, month: str, component: Component, amount: Decimal, events: Sequence[EarningEvent]) -> Decimal:
        """Transactions on hold wait whole; of the others a share waits for its milestone."""
        for transaction, part in _by_transaction(amount, events).items():
            amount -= self._order_hold(month, component, transaction, part)
        for slot in sorted(self._order_held):
            if slot[0] == component.id:
                amount += self._order_release(month, component, slot)
        if component.holdback is not None:
            for transaction, part in _by_transaction(amount, events).items():
                self._paid_of[component.id, transaction] += part
            for slot in sorted(self._paid_of):
                if slot[0] == component.id:
                    amount += self._holdback(month, component, slot[1])
        return amount

    def _order_hold(self, month: str, component: Component, transaction: str, part: Decimal) -> Decimal:
        end = last_day(month)
        for hold in self.facts.order_holds:
            released = hold.released_on is not None and hold.released_on <= end
            if hold.transaction_id == transaction and hold.held_from <= end and not released and part:
                self._order_held[component.id, transaction] += part
                self.balances["order_hold", component.id] += part
                self._line(self._version(month), component.id, "HOLD", month, -part, f"订单 {transaction} 暂停：{hold.reason}")
                return part
        return ZERO

    def _order_release(self, month: str, component: Component, slot: tuple[str, str]) -> Decimal:
        """Let go what a transaction held once nothing holds it any more."""
        end, held = last_day(month), self._order_held[slot]
        still = any(
            one.transaction_id == slot[1] and one.held_from <= end and (one.released_on is None or one.released_on > end)
            for one in self.facts.order_holds
        )
        if still or not held:
            return ZERO
        self._order_held[slot] = ZERO
        self.balances["order_hold", component.id] -= held
        self._line(self._version(month), component.id, "HOLD_RELEASE", month, held, f"订单 {slot[1]} 解除暂停")
        return held

    def _holdback(self, month: str, component: Component, transaction: str) -> Decimal:
        """Keep the share of everything this transaction paid so far, or let it go when its milestone is reached."""
        clause = component.holdback
        if clause is None:
            return ZERO
        reached = [
            one.reached_on for one in self.facts.milestones if (one.transaction_id, one.name) == (transaction, clause.release)
        ]
        is_reached = bool(reached) and min(reached) <= last_day(month)
        wanted = ZERO if is_reached else cents(self._paid_of[component.id, transaction] * clause.share)
        slot = ("holdback", f"{component.id}\0{transaction}")
        change = self.balances[slot] - wanted
        self.balances[slot] = wanted
        since = self._since.setdefault((component.id, transaction), month)
        if (
            wanted
            and clause.review_after_days is not None
            and (last_day(month) - last_day(since)).days > clause.review_after_days
        ):
            message = f"{component.id}: {clause.release} not reached since {since}, review"
            self.notes.append(Note(rule="holdback_overdue", subject=transaction, message=message))
        if change:
            kind, word = ("HOLDBACK_RELEASE", "已达成") if is_reached else ("HOLDBACK", "待达成")
            self._line(self._version(month), component.id, kind, month, change, f"{transaction} {clause.release} {word}")
        return change

    def _instalments(self, month: str, component: Component, amount: Decimal) -> None:
        """Pay in equal parts: this month the first, the rest month by month; a leaver gets the rest at once or loses it."""
        clause = component.instalments
        if clause is None:
            return
        left = left_on(self.facts, self.payee_no)
        has_left = left is not None and month_of(left) <= month
        slot, version = ("instalment", component.id), self._version(month)
        if has_left:
            rest = self.balances[slot]
            self.balances[slot] = ZERO
            loses = clause.on_leave == "forfeit"
            reason = f"离职：未到期分期{NO_MORE}" if loses else "离职：未付分期一次付清"
            self._line(version, component.id, "HOLDBACK_RELEASE", month, rest, reason)
            self._lose(version, component.id, month, rest if loses else ZERO, "instalment_forfeited", reason)
            return
        due = self._later.pop((component.id, month), ZERO)
        self.balances[slot] -= due
        self._line(version, component.id, "HOLDBACK_RELEASE", month, due, "分期到期")
        if amount > 0:
            first, *rest_parts = equal_parts(amount, clause.parts)
            for number, part in enumerate(rest_parts, start=1):
                self._later[component.id, next_month(month, number)] += part
            self.balances[slot] += amount - first
            self._line(version, component.id, "HOLDBACK", month, first - amount, f"分 {clause.parts} 期支付")

    def _withhold(
        self, version: Plan, component_id: str, month: str, added: Mapping[str, Decimal], reason: str
    ) -> Decimal:
        """Book what a cap keeps (or lets go, below nothing) to its balances; returns it."""
        for kind, amount in added.items():
            self.balances[kind, component_id] += amount
        kept = sum(added.values(), ZERO)
        self._line(version, component_id or None, "CAP_RELEASE" if kept < 0 else "CAP_WITHHELD", month, -kept, reason)
        return kept

    def _lose(self, version: Plan, component_id: str, month: str, amount: Decimal, kind: str, reason: str) -> Decimal:
        """Book what nobody will get any more, as a line of its own and under its name in what is lost; returns it."""
        self.balances[kind, component_id] += amount
        self._line(version, component_id or None, "WRITE_OFF", month, -amount, reason)
        return amount

    def _line(
        self,
        plan: Plan,
        component_id: str | None,
        kind: str,
        month: str,
        amount: Decimal,
        reason: str | None,
        origin: str | None = None,
    ) -> None:
        if not amount:
            return
        component = self._component(plan, component_id) if component_id else None
        self.lines.append(
            Draft(
                entry_type=kind,
                payee_no=self.payee_no,
                component_id=component_id,
                component_name=component.name if component else None,
                plan_id=plan.plan,
                plan_hash=plan.hash,
                origin_period=origin or month,
                posting_period=month,
                amount=amount,
                reason=reason,
            )
        )


def _by_transaction(amount: Decimal, events: Sequence[EarningEvent]) -> dict[str, Decimal]:
    """What is left to pay, over the transactions that earned it."""
    weights: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in events:
        weights[one.transaction_id] += one.amount
    if not sum(weights.values(), ZERO):
        return dict(weights) if not amount else {}
    return dict(zip(weights, telescoped(amount, list(weights.values())), strict=True))
