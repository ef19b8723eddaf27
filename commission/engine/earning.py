"""Steps 6 to 9: accumulate, rate, multiply, round once per window and month, and give every cent to an event.

Add an accumulation rule where chains are built; a chain's total is rounded as it stands, months and events get the differences.
What is withheld from an earning is `guards`; which credits there are is `credit`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from commission.engine.credit import multiplier_of, whole_of
from commission.engine.facts import Event, Facts
from commission.engine.money import cents
from commission.engine.periods import bounds, presence
from commission.engine.rating import earned, flat_rate
from commission.engine.results import Credit, Earning, EarningEvent, Note
from commission.engine.selecting import basis_date, sort_key
from commission.plan import Component, Plan
from commission.plan.component import Refund
from commission.plan.rates import FlatRate

ZERO = Decimal(0)
ONE = Decimal(1)
ChainKey = tuple[str, str, int, str, str]


@dataclass(slots=True)
class Earnings:
    """What every chain earned, by month and by event."""

    months: list[Earning] = field(default_factory=list)
    events: list[EarningEvent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Item:
    """One credit in its chain: added, or undoing (A) or returning (B) a part of an earlier one."""

    credit: Credit
    event: Event
    undoes: Credit | None = None
    mode: str = "add"
    part: Decimal = ONE


@dataclass(slots=True)
class Place:
    """What one event contributes while its chain is followed."""

    item: Item
    base: Decimal
    multiplier: Decimal
    rate: Decimal
    carried: Decimal = ZERO
    cents: Decimal = ZERO
    returned: Decimal = ZERO
    given_back: Decimal = ZERO


def earnings_of(plans: Sequence[Plan], facts: Facts, credits: Iterable[Credit]) -> Earnings:
    """Every chain followed in event order."""
    found = Earnings()
    by_version = {(plan.plan, plan.version): plan for plan in plans}
    events = {event.event_id: event for event in facts.events}
    carried = _carried(by_version, events, credits := list(credits))
    for key, items in sorted(_chains(by_version, events, credits, found.notes).items()):
        plan = by_version[key[1], key[2]]
        component = plan.component(key[3])
        items.sort(key=lambda item: (item.credit.event_date, sort_key(item.event), item.credit.role))
        quota = _quota(plan, component, facts, key)
        if quota == ZERO and _needs_quota(component):
            found.notes.append(
                Note(rule="quota_missing", subject=key[0], message=f"{component.id} {key[4]}: no quota, nothing can be rated")
            )
            continue
        there = _there(plan, component, facts, key) if _needs_quota(component) else (ONE, ONE)
        _Chain(plan, component, key, quota, there, events, carried).follow(items, found)
    return found


def _carried(
    plans: dict[tuple[str, int], Plan], events: dict[str, Event], credits: Sequence[Credit]
) -> dict[tuple[str, str, ChainKey], Decimal]:
    """What earlier windows rounded away of a transaction, or gave too much, for its first part payment in the next (C4.6).

    Only a flat rate has parts that sum whatever window they fall into; a table counts each window from its start.
    """
    found: dict[tuple[str, str, ChainKey], Decimal] = {}
    so_far: dict[tuple[str, str, str, str], tuple[ChainKey, Decimal]] = {}
    for row in sorted(credits, key=lambda row: (row.event_date, sort_key(events[row.event_id]), row.role)):
        event, component = events[row.event_id], plans[row.plan_id, row.plan_version].component(row.component_id)
        is_part = component.event == "cash_applied" and component.accumulate in ("month", "quarter", "year")
        if not is_part or event.original_event_id is not None or not isinstance(component.rate, FlatRate):
            continue
        of_transaction = (row.payee_no, row.plan_id, row.component_id, row.transaction_id)
        window, earned_before = so_far.get(of_transaction, (row.chain, ZERO))
        if window != row.chain:
            found[(*_place_key(row), row.chain)] = earned_before - cents(earned_before)
        part = row.base * flat_rate(component.rate, event) * multiplier_of(component, event, "earning")
        so_far[of_transaction] = (row.chain, earned_before + part)
    return found


def _chains(
    plans: dict[tuple[str, int], Plan], events: dict[str, Event], credits: Sequence[Credit], notes: list[Note]
) -> dict[ChainKey, list[Item]]:
    """Credits by what is accumulated together; a refund in modes A and B joins the chain of its original."""
    given = {(row.event_id, row.payee_no, row.plan_id, row.component_id, row.role): row for row in credits}
    chains: dict[ChainKey, list[Item]] = defaultdict(list)
    for row in credits:
        event = events[row.event_id]
        component = plans[row.plan_id, row.plan_version].component(row.component_id)
        item = Item(row, event)
        if event.original_event_id is not None and component.refund is not None:
            original = given.get((event.original_event_id, row.payee_no, row.plan_id, row.component_id, row.role))
            item = _refund(item, original, component, events, notes)
        if item.part:
            chains[(item.undoes or row).chain].append(item)
    return chains


def _refund(item: Item, original: Credit | None, component: Component, events: dict[str, Event], notes: list[Note]) -> Item:
    """How much of the refund counts, and where: its share inside the window, in the chain its mode says."""
    refund, row = component.refund, item.credit
    assert refund is not None  # noqa: S101 - only called for components with a refund clause
    started = (
        basis_date(component, events[item.event.original_event_id]) if item.event.original_event_id in events else row.event_date
    )
    part = _part_at_risk(refund, (row.event_date - started).days)
    if part < ONE:
        notes.append(
            Note(
                rule="clawback_window",
                subject=row.event_id,
                message=f"{component.id}: {part.normalize():f} of the refund is taken back",
            )
        )
    if refund.mode == "current_credit":
        return Item(row, item.event, part=part)
    if original is None:
        notes.append(
            Note(rule="original_unknown", subject=row.event_id, message=f"{component.id}: counted as a credit of its own month")
        )
        return Item(row, item.event, part=part)
    mode = "undo" if refund.mode == "recompute_origin" else "return"
    return Item(row, item.event, undoes=original, mode=mode, part=part)


def _part_at_risk(refund: Refund, days: int) -> Decimal:
    window = refund.window_days
    if window is None or refund.share == "full":
        return ONE if window is None or days <= window else ZERO
    if days > window:
        return ZERO
    if refund.share == "half_after_half":
        return ONE if 2 * days <= window else Decimal("0.5")
    return Decimal(window - days) / Decimal(window) if window else ZERO


def _needs_quota(component: Component) -> bool:
    return component.rate.kind == "attainment" or getattr(component.rate, "scale", "amount") == "attainment"


def _quota(plan: Plan, component: Component, facts: Facts, key: ChainKey) -> Decimal:
    """The targets that lie inside the window, for the days the payee was there."""
    if not _needs_quota(component) or plan.quota is None or component.accumulate not in ("month", "quarter", "year"):
        return ZERO
    first, last = bounds(key[4], facts.fiscal_year_start_month)
    inside = [
        one.amount
        for one in facts.quotas
        if one.payee_no == key[0] and one.measure == plan.quota.measure and first <= one.first_day and one.last_day <= last
    ]
    there, whole = _there(plan, component, facts, key)
    return sum(inside, ZERO) * there / whole


def _there(plan: Plan, component: Component, facts: Facts, key: ChainKey) -> tuple[Decimal, Decimal]:
    return presence(facts, plan, key[0], key[4], in_version=component.plan_version_by == "event_date")


class _Chain:
    """Follows one payee, component and window through its events."""

    def __init__(
        self,
        plan: Plan,
        component: Component,
        key: ChainKey,
        quota: Decimal,
        there: tuple[Decimal, Decimal],
        events: dict[str, Event],
        carried: dict[tuple[str, str, ChainKey], Decimal],
    ) -> None:
        self.plan, self.component, self.key, self.quota, self.there, self.events = plan, component, key, quota, there, events
        self.carried = carried
        self.places: dict[tuple[str, str], Place] = {}
        self.exact = ZERO
        self.base = ZERO
        self.rounded = ZERO
        self.returned = ZERO
        self.moved: list[EarningEvent] = []

    def follow(self, items: Sequence[Item], found: Earnings) -> None:
        """Every item's cents, then every month's."""
        for number, item in enumerate(items):
            base_before = self.base
            cents_moved = self._returned(item) if item.mode == "return" else self._moved(item)
            self.moved.append(self._event(item, self.base - base_before, cents_moved))
            is_last = number + 1 == len(items) or items[number + 1].credit.month != item.credit.month
            if is_last:
                found.months.append(self._month(item.credit.month))
        found.events += self.moved

    def _moved(self, item: Item) -> Decimal:
        """Rounded to date less rounded before: the cents of an added or undone event."""
        target = self.places.get(_place_key(item.undoes)) if item.undoes else None
        if target is not None:
            change = item.credit.base * item.part
            target.base += change
            self.base += change
            self.exact = self._recomputed()
        else:
            self._add(item)
        now = cents(self.exact)
        moved, self.rounded = now - self.rounded, now
        if target is None:
            self.places[_place_key(item.credit)].cents = moved
        return moved

    def _add(self, item: Item) -> None:
        original = self.events.get(item.event.original_event_id or "", item.event)
        rate = self.component.rate
        place = Place(
            item=item,
            base=item.credit.base * item.part,
            multiplier=multiplier_of(self.component, original, "earning"),
            rate=flat_rate(rate, original) if isinstance(rate, FlatRate) else ZERO,
            carried=self.carried.get((*_place_key(item.credit), self.key), ZERO),
        )
        self.exact += place.carried
        if place.base:
            self.exact += self._part(place, self.base, not any(one.base for one in self.places.values()))
        self.places[_place_key(item.credit)] = place
        self.base += place.base

    def _part(self, place: Place, before: Decimal, is_first: bool) -> Decimal:
        """What one event adds above the base before it, unrounded, multiplied; the first brings the table's start."""
        if isinstance(self.component.rate, FlatRate):
            return place.base * place.rate * place.multiplier
        value = self._value(place)
        return (value(before + place.base) - (ZERO if is_first else value(before))) * place.multiplier

    def _value(self, place: Place) -> Callable[[Decimal], Decimal]:
        """What an accumulated base earns; a part payment of one transaction earns its share of the whole."""
        rate, credit = self.component.rate, place.item.credit
        total = whole_of(self.component, place.item.event, credit.measured)
        if self.component.accumulate == "transaction" and total and credit.measured:
            whole = total * credit.fx_rate * credit.share * credit.factor
            full = earned(rate, whole)
            return lambda base: full * base / whole
        return lambda base: earned(rate, base, self.quota, self.there)

    def _recomputed(self) -> Decimal:
        """The chain from its start, as if the undone part had never been."""
        exact = base = ZERO
        is_first = True
        for place in self.places.values():
            exact += place.carried
            if place.base:
                exact += self._part(place, base, is_first)
                base += place.base
                is_first = False
        return exact

    def _returned(self, item: Item) -> Decimal:
        """Mode B: exactly the cents the original moved, in proportion to what is refunded, never more; the counter stays."""
        place = self.places.get(_place_key(item.undoes)) if item.undoes else None
        if place is None or not place.base:
            return ZERO
        place.returned += item.credit.base * item.part
        due = cents(place.cents * max(-ONE, place.returned / place.base))
        moved, place.given_back = due - place.given_back, due
        self.returned += moved
        return moved

    def _event(self, item: Item, base: Decimal, moved: Decimal) -> EarningEvent:
        payee, plan_id, version, component_id, window = self.key
        return EarningEvent(
            event_id=item.credit.event_id,
            transaction_id=item.credit.transaction_id,
            payee_no=payee,
            plan_id=plan_id,
            plan_version=version,
            component_id=component_id,
            window=window,
            month=item.credit.month,
            origin_month=item.undoes.month if item.undoes else item.credit.month,
            base=base,
            cumulative_base=self.base,
            exact=self.exact,
            amount=moved,
            rule=item.mode,
        )

    def _month(self, month: str) -> Earning:
        payee, plan_id, version, component_id, window = self.key
        inside = [one for one in self.moved if one.month == month]
        return Earning(
            payee_no=payee,
            plan_id=plan_id,
            plan_version=version,
            plan_hash=self.plan.hash,
            component_id=component_id,
            component_name=self.component.name,
            window=window,
            month=month,
            base_in_month=sum((one.base for one in inside), ZERO),
            base_to_date=self.base,
            earned_to_date=self.rounded + self.returned,
            amount=sum((one.amount for one in inside), ZERO),
            quota=self.quota or None,
        )


def _place_key(credit: Credit) -> tuple[str, str]:
    return (credit.event_id, credit.role)
