"""What may be posted and when: open periods, separated duties, one close per period, nothing twice.

Add a rule of closing or approving here, with the sentence it answers when it refuses; every reason is given at once.
How lines reach the disk is `store`; what they should say is the engine's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from commission.ledger.records import ENTRY_TYPES, GENESIS, PERIOD_STATES, SHUT, Draft, Entry, PeriodStatus, hash_of
from commission.ledger.refusals import LedgerBroken, LedgerRefused, PeriodClosed
from commission.ledger.store import Record, Segments, Verification

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CENT = Decimal("0.01")
_NEED_A_REASON = frozenset({"ADJ_DATA", "ADJ_SPLIT", "ADJ_PLAN", "ADJ_DISPUTE", "WRITE_OFF", "PENALTY", "MANUAL"})
_NEED_EVIDENCE = frozenset({"MANUAL", "PENALTY"})


class Ledger:
    """One company's commission ledger in one folder."""

    def __init__(self, folder: Path | str) -> None:
        self._segments = Segments(Path(folder))

    def entries(self, known_at: datetime | None = None) -> list[Entry]:
        """Every entry in order of posting, or those posted up to `known_at`."""
        return [one for one in self._whole() if isinstance(one, Entry) and (known_at is None or one.posted_at <= known_at)]

    def head(self) -> str:
        """The newest entry's hash: print it where others keep it."""
        entries = self.entries()
        return entries[-1].entry_hash if entries else GENESIS

    def steps(self, known_at: datetime | None = None) -> list[PeriodStatus]:
        """Every step of every period in the order taken."""
        return [one for one in self._whole() if isinstance(one, PeriodStatus) and (known_at is None or one.at <= known_at)]

    def periods(self, known_at: datetime | None = None) -> list[PeriodStatus]:
        """The newest step of each period, oldest period first."""
        newest = {step.period: step for step in self.steps(known_at)}
        return [newest[period] for period in sorted(newest)]

    def closings(self, known_at: datetime | None = None) -> dict[str, PeriodStatus]:
        """The closing step of each closed period: when, by whom, over which head."""
        return {step.period: step for step in self.steps(known_at) if step.state == "closed"}

    def state(self, period: str) -> str:
        """The state of one period; a month nobody has touched is a draft."""
        return next((step.state for step in reversed(self.steps()) if step.period == period), "draft")

    def verify(self, expected_head: str | None = None) -> Verification:
        """Follow the whole chain; names the first entry, line and bytes that do not hold.

        A removed tail looks like an older ledger: pass the head that was printed in a pack to find that too.
        """
        records, found = self._segments.read()
        if not found.is_whole or expected_head is None:
            return found
        hashes = {one.entry_hash for one in records if isinstance(one, Entry)} | {GENESIS}
        if expected_head in hashes:
            return found
        problem = f"the chain ends before head {expected_head}: entries were removed from its end"
        return Verification(is_whole=False, entries=found.entries, head=found.head, problem=problem, file="(end of ledger)")

    def append(
        self, drafts: Iterable[Draft | Mapping[str, Any]], *, posted_at: datetime, approved_by: str | Sequence[str]
    ) -> list[Entry]:
        """Post lines to open periods; approvals of several people are given as a list."""
        lines = _drafts(drafts)
        approvers = (approved_by,) if isinstance(approved_by, str) else tuple(approved_by)
        with self._segments.locked():
            records = self._whole()
            reasons = [reason for line in lines for reason in _faults(line, approvers)]
            shut = _shut(records)
            reasons += [
                f"{_label(line)}: {line.posting_period} is closed; post to an open period"
                for line in lines
                if line.posting_period in shut
            ]
            _refuse(reasons)
            posted = _posted(lines, records, approvers, posted_at)
            if posted:
                self._write(posted)
            return posted

    def advance(self, period: str, state: str, *, by: str, at: datetime) -> PeriodStatus:
        """Take the next step of a period; closing is `close`."""
        with self._segments.locked():
            records = self._whole()
            if state == "closed":
                raise LedgerRefused(f"{period}: a period is closed with its lines; call close")
            steps = _next_steps(records, period, {state: by}, upto=state, at=at)
            sealed = _sealed(steps, records, records)
            self._write(sealed)
            return sealed[-1]

    def close(
        self,
        period: str,
        drafts: Iterable[Draft | Mapping[str, Any]],
        *,
        closed_at: datetime,
        approved_by: str,
        reviewed_by: str | None = None,
        calculated_by: str = "quarterdeck",
        closed_by: str = "quarterdeck",
        frozen: Mapping[str, str] | None = None,
        managers_of_approver: Collection[str] = (),
        require_paid: bool = False,
    ) -> PeriodStatus:
        """Post exactly these lines and seal the period, in one batch; the same lines again change nothing, others are refused."""
        lines = _drafts(drafts)
        digest = hash_of({"period": period, "lines": sorted(hash_of(line.said()) for line in lines)})
        with self._segments.locked():
            records = self._whole()
            done = next(
                (one for one in records if isinstance(one, PeriodStatus) and (one.period, one.state) == (period, "closed")), None
            )
            if done is not None:
                if done.drafts_hash == digest:
                    return done
                raise PeriodClosed(
                    f"{period} was closed at {done.at.isoformat()} with other lines; post the difference to the first open period"
                )
            people = {"calculated": calculated_by, "reviewed": reviewed_by, "approved": approved_by, "closed": closed_by}
            _refuse(
                _earlier_open(records, period, require_paid)
                + [reason for line in lines for reason in _faults(line, (approved_by,))]
                + [
                    f"{_label(line)}: posts to {line.posting_period}, not to {period}"
                    for line in lines
                    if line.posting_period != period
                ]
                + _chain_faults(lines, approved_by, managers_of_approver)
            )
            steps = _next_steps(records, period, people, upto="closed", at=closed_at)
            posted = _posted(lines, records, (approved_by,), closed_at)
            last = steps.pop()
            steps.append(_with(last, drafts_hash=digest, frozen=dict(frozen or {})))
            sealed = _sealed(steps, records, [*records, *posted])
            self._write([*posted, *sealed])
            return sealed[-1]

    def _whole(self) -> list[Record]:
        records, found = self._segments.read()
        if not found.is_whole:
            raise LedgerBroken(str(found))
        return records

    def _write(self, batch: Sequence[Record]) -> None:
        self._segments.write(len(self._segments.files()) + 1, batch)


def _drafts(lines: Iterable[Draft | Mapping[str, Any]]) -> list[Draft]:
    return [line if isinstance(line, Draft) else Draft.of(line) for line in lines]


def _label(line: Draft) -> str:
    return f"{line.entry_type} {line.amount} of {line.payee_no}"


def _faults(line: Draft, approvers: Sequence[str]) -> list[str]:
    """Every reason this line may not be posted, whatever the period."""
    label = _label(line)
    exact = isinstance(line.amount, Decimal) and line.amount.is_finite() and line.amount == line.amount.quantize(_CENT)
    months = _MONTH.fullmatch(line.origin_period) and _MONTH.fullmatch(line.posting_period)
    checks = (
        (line.entry_type not in ENTRY_TYPES, "unknown entry type"),
        (not exact, "the amount must be a Decimal with at most two places"),
        (not months, f"periods are months such as 2026-09, found {line.origin_period!r} and {line.posting_period!r}"),
        (line.origin_period > line.posting_period, f"origin {line.origin_period} is after posting {line.posting_period}"),
        (line.entry_type in _NEED_A_REASON and not line.reason, "needs a reason"),
        (line.entry_type in _NEED_EVIDENCE and not line.evidence, "needs an evidence file"),
        (line.entry_type == "MANUAL" and len(set(approvers)) < 2, "needs two approvers"),
        (not all(approvers) or not approvers, "needs an approver"),
        (line.payee_no in approvers, "nobody approves their own pay"),
    )
    return [f"{label}: {reason}" for found, reason in checks if found]


def _chain_faults(lines: Sequence[Draft], approver: str, managers: Collection[str]) -> list[str]:
    return [
        f"{_label(line)}: {approver} may not approve an adjustment for their own manager"
        for line in lines
        if line.payee_no in managers and (line.entry_type.startswith("ADJ_") or line.entry_type in ("MANUAL", "WRITE_OFF"))
    ]


def _shut(records: Iterable[Record]) -> set[str]:
    return {one.period for one in records if isinstance(one, PeriodStatus) and one.state in SHUT}


def _earlier_open(records: Sequence[Record], period: str, require_paid: bool) -> list[str]:
    if not _MONTH.fullmatch(period):
        return [f"{period!r} is not a month such as 2026-09"]
    shut = _shut(records)
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


def _next_steps(
    records: Sequence[Record], period: str, people: Mapping[str, str | None], *, upto: str, at: datetime
) -> list[PeriodStatus]:
    """The steps still missing up to `upto`, each by another person than the one before it."""
    taken = {one.state: one for one in records if isinstance(one, PeriodStatus) and one.period == period}
    if upto not in PERIOD_STATES or upto in taken or upto == "draft":
        raise LedgerRefused(f"{period}: {upto!r} is not a step that can be taken now")
    steps: list[PeriodStatus] = []
    previous: str | None = None
    for state in PERIOD_STATES[1 : PERIOD_STATES.index(upto) + 1]:
        if state in taken:
            previous = taken[state].by
            continue
        by = people.get(state)
        if not by:
            raise LedgerRefused(f"{period} is not {state} yet; that step must be taken and signed first")
        if by == previous:
            raise LedgerRefused(f"{period}: {by} took the step before {state!r}; another person must take this one")
        steps.append(PeriodStatus(period=period, state=state, by=by, at=at, ledger_head=GENESIS))
        previous = by
    return steps


def _with(step: PeriodStatus, *, drafts_hash: str, frozen: dict[str, str]) -> PeriodStatus:
    return PeriodStatus(
        period=step.period,
        state=step.state,
        by=step.by,
        at=step.at,
        ledger_head=step.ledger_head,
        drafts_hash=drafts_hash,
        frozen=frozen,
    )


def _sealed(steps: Sequence[PeriodStatus], before: Sequence[Record], after: Sequence[Record]) -> list[PeriodStatus]:
    """The steps in their place of the period chain, over the entries that stand when they are written."""
    prev = next((one.period_hash for one in reversed(before) if isinstance(one, PeriodStatus)), GENESIS)
    head = next((one.entry_hash for one in reversed(after) if isinstance(one, Entry)), GENESIS)
    sealed = []
    for step in steps:
        record = {**step.record(), "ledger_head": head}
        one = PeriodStatus.read(record).sealed(prev)
        sealed.append(one)
        prev = one.period_hash
    return sealed


def _posted(lines: Sequence[Draft], records: Sequence[Record], approvers: Sequence[str], posted_at: datetime) -> list[Entry]:
    before = [one for one in records if isinstance(one, Entry)]
    prev = before[-1].entry_hash if before else GENESIS
    posted = []
    for number, line in enumerate(lines, start=len(before) + 1):
        entry = Entry.posted(line, number=number, approved_by="; ".join(approvers), posted_at=posted_at, prev=prev)
        posted.append(entry)
        prev = entry.entry_hash
    return posted


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise LedgerRefused("\n".join(reasons))
