"""Closed months against what is known now: the difference goes to the open month, named by its reason.

Add a reason class where `_reason` chooses it. A closed month is never touched, and what people posted by hand is not undone.
Posting the drafts and sealing the month is the ledger's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from commission.engine.calculation import SETTLING_TYPES, Calculation, version_in
from commission.engine.code import code_hash
from commission.engine.periods import next_month
from commission.engine.settling import FORGIVEN, GUARANTEED, KEPT_AS, Due, Opening, settle
from commission.ledger import Draft, Entry, LedgerRefused
from commission.plan import Plan

ZERO = Decimal(0)
BY_HAND = frozenset({"MANUAL", "ADJ_DISPUTE", "FX_DIFF", "ROUNDING"})
OLDEST_ORIGIN_MONTHS = 24

Key = tuple[str, str, str]
_KINDS = {  # where a closed month would keep more, and where less
    "cap": ("CAP_WITHHELD", "CAP_RELEASE"),
    "hold": ("HOLD", "HOLD_RELEASE"),
    "holdback": ("HOLDBACK", "HOLDBACK_RELEASE"),
    "lost": ("WRITE_OFF", "WRITE_OFF"),
}


def shadow_drafts(
    done: Calculation,
    posted: Sequence[Entry],
    open_month: str,
    closed_on: Mapping[str, date],
    data_as_of: str | None = None,
    *,
    finance_override: bool = False,
) -> list[Draft]:
    """What closing `open_month` must post: its own lines, the differences of closed months, and the settling of both."""
    own = [line for line in done.earned_lines() if line.posting_period == open_month]
    already = [entry for entry in posted if entry.posting_period == open_month and _is_computed(entry)]
    lines = _without(own, already)
    lines += _adjustments(done, posted, lines, open_month, closed_on, finance_override)
    by_hand = [entry for entry in posted if entry.posting_period == open_month]
    lines += _settled(done, posted, lines, by_hand, open_month)
    return [_stamped(line, data_as_of) for line in lines]


def as_reported(posted: Iterable[Entry], period: str) -> Decimal:
    """What was posted in that period; it never changes after the close."""
    return sum((entry.amount for entry in posted if entry.posting_period == period), ZERO)


def as_restated(posted: Iterable[Entry], period: str) -> Decimal:
    """What belongs to that period by what is known now: everything that names it as its origin."""
    return sum((entry.amount for entry in posted if entry.origin_period == period), ZERO)


def _without(own: Sequence[Draft], already: Sequence[Entry]) -> list[Draft]:
    """The open month's own lines, less what was posted of them before."""
    posted: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    for entry in already:
        posted[entry.payee_no, entry.plan_id or "", entry.component_id or "", entry.entry_type, entry.origin_period] += (
            entry.amount
        )
    left = []
    for line in own:
        slot = (line.payee_no, line.plan_id or "", line.component_id or "", line.entry_type, line.origin_period)
        amount = line.amount - posted.pop(slot, ZERO)
        if amount:
            left.append(_with_amount(line, amount))
    return left


def _adjustments(
    done: Calculation,
    posted: Sequence[Entry],
    own: Sequence[Draft],
    open_month: str,
    closed_on: Mapping[str, date],
    finance_override: bool,
) -> list[Draft]:
    """Per payee, component and closed origin month, what is earned and each way of keeping it apart, so that balances follow:
    what should stand, less what stands, less what this month posts of itself."""
    should: dict[tuple[Key, str, str], Decimal] = defaultdict(lambda: ZERO)
    newest: dict[tuple[Key, str], Draft] = {}
    for line in done.earned_lines():
        if line.posting_period <= open_month and line.origin_period in closed_on:
            should[_key(line), line.origin_period, _kept_as(line)] += line.amount
            newest[_key(line), line.origin_period] = line
    for entry in posted:
        if entry.origin_period in closed_on and _is_computed(entry):
            should[_key(entry), entry.origin_period, _kept_as(entry)] -= entry.amount
    for line in own:
        if line.origin_period in closed_on:
            should[_key(line), line.origin_period, _kept_as(line)] -= line.amount
    found = []
    for (key, origin, kept_as), amount in sorted(should.items()):
        if not amount:
            continue
        if not finance_override and origin < next_month(open_month, -OLDEST_ORIGIN_MONTHS):
            raise LedgerRefused(
                f"{key[0]} {origin}: {amount} lies more than {OLDEST_ORIGIN_MONTHS} months back; finance must override"
            )
        line = _adjustment(done, posted, key, origin, amount, newest.get((key, origin)), open_month, closed_on[origin])
        kind = _KINDS[kept_as][amount > 0] if kept_as else line.entry_type
        found.append(Draft.of({**line.said(), "amount": line.amount, "entry_type": kind}))
    return found


def _adjustment(
    done: Calculation,
    posted: Sequence[Entry],
    key: Key,
    origin: str,
    amount: Decimal,
    line: Draft | None,
    open_month: str,
    closed: date,
) -> Draft:
    before = next((entry for entry in reversed(posted) if _key(entry) == key and entry.origin_period == origin), None)
    kind, reason = _reason(done, key, origin, line, before, closed)
    known = line or before
    return Draft(
        entry_type=kind,
        payee_no=key[0],
        component_id=key[2] or None,
        component_name=known.component_name if known else None,
        plan_id=key[1] or None,
        plan_hash=known.plan_hash if known else None,
        origin_period=origin,
        posting_period=open_month,
        amount=amount,
        reason=reason,
        reverses_id=before.entry_id if before else None,
    )


def _reason(done: Calculation, key: Key, origin: str, line: Draft | None, before: Entry | None, closed: date) -> tuple[str, str]:
    """Why the closed month would come out otherwise today."""
    decided = [
        row.split_decided_on
        for row in done.credits
        if row.month == origin
        and row.split_decided_on is not None
        and (row.payee_no == key[0] or _lost(done, row.event_id, key[0]))
    ]
    if any(day > closed for day in decided):
        return "ADJ_SPLIT", "分成调整"
    if line is not None and before is not None and line.plan_hash != before.plan_hash:
        return "ADJ_PLAN", "办法更正"
    credited = {row.event_id: row.event_date for row in done.credits if row.month == origin and row.payee_no == key[0]}
    late = [
        (event.first_seen_on - credited[event.event_id]).days
        for event in done.facts.events
        if event.event_id in credited and event.first_seen_on is not None and event.first_seen_on > closed
    ]
    review = next((plan.backdating_review_days for plan in done.plans if line is not None and plan.hash == line.plan_hash), 5)
    words = "倒填事实" if late and max(late) > review else "迟到事实" if late else "数据更正"
    return "ADJ_DATA", words


def _lost(done: Calculation, event_id: str, payee_no: str) -> bool:
    """True when the split took from this payee's own event."""
    return any(
        event.event_id == event_id and payee_no in (event.owner_at_signature, event.owner_at_event) for event in done.facts.events
    )


def _settled(
    done: Calculation, posted: Sequence[Entry], lines: Sequence[Draft], by_hand: Sequence[Entry], open_month: str
) -> list[Draft]:
    """Draws and debts of the open month, from the balances the ledger carries."""
    found: list[Draft] = []
    plans: dict[str, list[Plan]] = defaultdict(list)
    for plan in done.plans:
        plans[plan.plan].append(plan)
    for payee_no, pairs in groupby(sorted(_settling_pairs(done, posted, lines, plans)), key=itemgetter(0)):
        dues = []
        for _, plan_id in pairs:
            own = [line for line in lines if (line.payee_no, line.plan_id) == (payee_no, plan_id)]
            own += [
                _as_draft(entry)
                for entry in by_hand
                if (entry.payee_no, entry.plan_id) == (payee_no, plan_id) and entry.entry_type not in SETTLING_TYPES
            ]
            opening = opening_of(posted, payee_no, plan_id, open_month)
            dues.append(Due(plan=version_in(plans[plan_id], open_month), lines=own, opening=opening))
        found += [line for settled in settle(payee_no, open_month, dues, done.facts) for line in settled.lines]
    return found


def _settling_pairs(
    done: Calculation, posted: Sequence[Entry], lines: Sequence[Draft], plans: Mapping[str, Collection[Plan]]
) -> set[tuple[str, str]]:
    pairs = {(line.payee_no, line.plan_id or "") for line in lines}
    pairs |= {(entry.payee_no, entry.plan_id or "") for entry in posted}
    pairs |= {(one.payee_no, one.plan_id) for one in done.facts.assignments}
    return {(payee, plan_id) for payee, plan_id in pairs if plan_id in plans}


def opening_of(posted: Iterable[Entry], payee_no: str, plan_id: str, month: str) -> Opening:
    """What the payee owes by the ledger when the month opens."""
    draw = debt = ZERO
    for entry in posted:
        if (entry.payee_no, entry.plan_id) == (payee_no, plan_id) and entry.posting_period < month:
            is_draw = entry.entry_type in ("DRAW", "DRAW_RECOVERY") and entry.reason != GUARANTEED
            draw += entry.amount if is_draw else ZERO
            debt += entry.amount if entry.entry_type == "CLAWBACK_RECOVERY" else ZERO
    return Opening(draw=draw, debt=debt)


def _kept_as(line: Draft | Entry) -> str:
    return KEPT_AS.get(line.entry_type, "")


def _is_computed(entry: Entry) -> bool:
    """True of what facts alone make: no settling, nothing that somebody decided."""
    decided = entry.decision_id is not None or entry.entry_type in BY_HAND
    return not decided and entry.entry_type not in SETTLING_TYPES and entry.reason != FORGIVEN


def _key(line: Draft | Entry) -> Key:
    return (line.payee_no, line.plan_id or "", line.component_id or "")


def _as_draft(entry: Entry) -> Draft:
    return Draft.of(entry.row())


def _with_amount(line: Draft, amount: Decimal) -> Draft:
    return Draft.of({**line.said(), "amount": amount})


def _stamped(line: Draft, data_as_of: str | None) -> Draft:
    return Draft.of({**line.said(), "amount": line.amount, "code_hash": code_hash(), "data_as_of": data_as_of})
