"""Who may take which step of a period, in which order: separated duties, earlier months first, own pay never.

Add a rule of closing or approving here, with the sentence it answers when it refuses; every reason is given at once.
What a step writes is `book`; who is whose manager and who works here today is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from commission.ledger.records import ENTRY_TYPES, GENESIS, PERIOD_STATES, SHUT, Draft, PeriodStatus
from commission.ledger.refusals import LedgerRefused
from commission.ledger.store import Record

SYSTEM = "quarterdeck"  # calculates and closes; it is nobody, so the people around its steps must differ from one another
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CENT = Decimal("0.01")
_NEED_A_REASON = frozenset({"ADJ_DATA", "ADJ_SPLIT", "ADJ_PLAN", "ADJ_DISPUTE", "WRITE_OFF", "PENALTY", "MANUAL"})
_NEED_EVIDENCE = frozenset({"MANUAL", "PENALTY"})


@dataclass(frozen=True, slots=True)
class Login:
    """From whose session a step is taken, as the operating system knows it, and whether one session may take two in a row."""

    name: str
    may_repeat: bool = False

    def said(self, period: str, state: str, by: str, before: str | None) -> dict[str, str]:
        """What the step says of it; refused where the step before was signed from the same session."""
        if before != self.name:
            return {"login": self.name}
        if not self.may_repeat:
            raise LedgerRefused(
                f"{period}: {by} would take the step {state!r} from the login {self.name!r}, as the step before; "
                "sign from another login, or let company.yaml say commission.one_login_may_sign: true"
            )
        return {"login": self.name, "same_login": "allowed by company.yaml commission.one_login_may_sign"}


def label(line: Draft) -> str:
    """How a refusal names a line."""
    return f"{line.entry_type} {line.amount} of {line.payee_no}"


def faults_of(line: Draft, approvers: Sequence[str]) -> list[str]:
    """Every reason this line may not be posted, whatever the period."""
    signed = (*approvers, *line.signatures)
    exact = isinstance(line.amount, Decimal) and line.amount.is_finite() and line.amount == line.amount.quantize(_CENT)
    months = MONTH.fullmatch(line.origin_period) and MONTH.fullmatch(line.posting_period)
    checks = (
        (line.entry_type not in ENTRY_TYPES, "unknown entry type"),
        (not exact, "the amount must be a Decimal with at most two places"),
        (not months, f"periods are months such as 2026-09, found {line.origin_period!r} and {line.posting_period!r}"),
        (line.origin_period > line.posting_period, f"origin {line.origin_period} is after posting {line.posting_period}"),
        (line.entry_type in _NEED_A_REASON and not line.reason, "needs a reason"),
        (line.entry_type in _NEED_EVIDENCE and not line.evidence, "needs an evidence file"),
        (line.entry_type == "MANUAL" and len(set(line.signatures or approvers)) < 2, "needs two approvers"),
        (line.entry_type == "ADJ_DISPUTE" and not line.decision_id, "needs the dispute's id"),
        (not all(signed) or not signed, "needs an approver"),
        (line.payee_no in signed, "nobody approves their own pay"),
    )
    return [f"{label(line)}: {reason}" for found, reason in checks if found]


def chain_faults(lines: Sequence[Draft], approver: str, managers: Collection[str]) -> list[str]:
    """Adjustments of people above the approver."""
    return [
        f"{label(line)}: {approver} may not approve an adjustment for their own manager"
        for line in lines
        if line.payee_no in managers and _is_adjustment(line)
    ]


def _is_adjustment(line: Draft) -> bool:
    """True of what somebody decided, or what changes a closed month; a plan's own write-offs are neither."""
    is_decided = line.entry_type == "WRITE_OFF" and line.decision_id is not None
    return is_decided or line.entry_type.startswith("ADJ_") or line.entry_type == "MANUAL"


def shut_periods(records: Iterable[Record]) -> set[str]:
    """Months that take no more lines."""
    return {one.period for one in records if isinstance(one, PeriodStatus) and one.state in SHUT}


def earlier_open(records: Sequence[Record], period: str, require_paid: bool) -> list[str]:
    """What stands in the way of closing a month: an earlier one still open, or closed and not paid."""
    if not MONTH.fullmatch(period):
        return [f"{period!r} is not a month such as 2026-09"]
    shut = shut_periods(records)
    touched = {one.period if isinstance(one, PeriodStatus) else one.posting_period for one in records}
    if shut:
        touched.update(_months_between(max(shut), period))
        if period < min(shut):
            return [f"the books begin with {min(shut)}; {period} lies before and cannot be closed any more"]
    reasons = [f"{earlier} is still open; close it first" for earlier in sorted(touched - shut) if earlier < period]
    if require_paid:
        paid = {one.period for one in records if isinstance(one, PeriodStatus) and one.state == "paid"}
        reasons += [
            f"{earlier} is closed but not paid; record the payment first" for earlier in sorted(shut - paid) if earlier < period
        ]
    return reasons


def _months_between(after: str, before: str) -> list[str]:
    year, month = int(after[:4]), int(after[5:])
    found = []
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        name = f"{year:04d}-{month:02d}"
        if name >= before:
            return found
        found.append(name)


def taken(records: Iterable[Record], period: str) -> dict[str, PeriodStatus]:
    """The steps of a period that still count: calculating it again undoes the review and the approval that came before."""
    steps: dict[str, PeriodStatus] = {}
    for one in records:
        if isinstance(one, PeriodStatus) and one.period == period:
            steps = {"calculated": one} if one.state == "calculated" else {**steps, one.state: one}
    return steps


def next_steps(
    records: Sequence[Record],
    period: str,
    people: Mapping[str, str | None],
    *,
    upto: str,
    at: datetime,
    drafts_hash: str | None = None,
    login: Login | None = None,
) -> list[PeriodStatus]:
    """The steps still missing up to `upto`, each by another person than the one before it, and from another login."""
    have = taken(records, period)
    if upto in have:
        raise LedgerRefused(f"{period} is {upto} already: {have[upto].by} at {have[upto].at:%Y-%m-%d %H:%M} UTC")
    if upto not in PERIOD_STATES or upto == "draft":
        raise LedgerRefused(f"{period}: {upto!r} is not a step that can be taken now")
    steps: list[PeriodStatus] = []
    previous: str | None = None
    previous_login: str | None = None
    for state in PERIOD_STATES[1 : PERIOD_STATES.index(upto) + 1]:
        by = have[state].by if state in have else people.get(state)
        if not by:
            raise LedgerRefused(f"{period} is not {state} yet; that step must be taken and signed first")
        if state not in have:
            if by != SYSTEM and by == previous:
                raise LedgerRefused(f"{period}: {by} took the step before {state!r}; another person must take this one")
            of_lines = drafts_hash if state in ("calculated", "reviewed", "approved") else None
            said = login.said(period, state, by, previous_login) if login and by != SYSTEM else {}
            steps.append(
                PeriodStatus(period=period, state=state, by=by, at=at, ledger_head=GENESIS, drafts_hash=of_lines, frozen=said)
            )
        if by != SYSTEM:
            previous, previous_login = by, (have.get(state) or steps[-1]).frozen.get("login")
    return steps
