"""One company's ledger: lines posted to open periods, periods signed, closed and paid, and the proof that all of it stands.

Add what can be done to the ledger here; who may do it is `duties`, how lines reach the disk is `store`, what a close keeps is
`frozen`. What lines should say is the engine's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from commission.ledger.duties import (
    SYSTEM,
    Login,
    chain_faults,
    earlier_open,
    faults_of,
    label,
    next_steps,
    shut_periods,
    taken,
)
from commission.ledger.frozen import Frozen
from commission.ledger.mending import differing, unlike, what_differs
from commission.ledger.records import GENESIS, Draft, Entry, PeriodStatus, hash_of
from commission.ledger.refusals import LedgerBroken, LedgerRefused, PeriodClosed
from commission.ledger.store import Record, Segments, Verification

SHORTEST = 12  # places of a hash that statements print


class Ledger:
    """One company's commission ledger in one folder."""

    def __init__(self, folder: Path | str) -> None:
        self._segments = Segments(Path(folder))
        self._frozen = Frozen(Path(folder) / "frozen")

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

    def signed(self, period: str) -> dict[str, PeriodStatus]:
        """The steps of a period that still count, by state."""
        return taken(self._whole(), period)

    def frozen(self, period: str, closing: PeriodStatus | None = None) -> list[dict[str, Any]]:
        """What a closed month's lines were made of: one row per event, payee and component, as its closing step kept them."""
        done = closing or self.closings().get(period)
        return self._frozen.read(period, done.frozen) if done else []

    def plans(self, hashes: Collection[str]) -> dict[str, str]:
        """The plans of these hashes that closed months were paid by: their text, by the file it lies in."""
        found: dict[str, str] = {}
        for step in self.closings().values():
            found |= self._frozen.plans(step.frozen, hashes)
        return found

    def verify(
        self,
        expected_head: str | None = None,
        published: Sequence[Mapping[str, Any]] = (),
        shown: Mapping[str, str] | None = None,
    ) -> Verification:
        """Follow the whole chain; names the first entry, line and bytes that do not hold, and what stood there.

        A removed tail looks like an older ledger, one written anew like another one: pass the head that was printed in a pack,
        or the entries and states of periods that were published from it, to find that too.
        """
        records, found = self._segments.read()
        if not found.is_whole:
            return self._explained(found, published)
        for step in (one for one in records if isinstance(one, PeriodStatus) and one.state == "closed"):
            if problem := self._frozen.problem(step.period, step.frozen):
                return replace(found, is_whole=False, **problem)
        otherwise = unlike(records, published, shown or {})
        heads = {one.entry_hash for one in records if isinstance(one, Entry)} | {GENESIS}
        if not otherwise and expected_head is not None and not _begins_one(expected_head, heads):
            why = "mistyped, another ledger's, or entries were removed from the end"
            otherwise = {"problem": f"no entry has the head {expected_head}: {why}"}
        return replace(found, is_whole=False, file="(end of ledger)", **otherwise) if otherwise else found

    def append(
        self, drafts: Iterable[Draft | Mapping[str, Any]], *, posted_at: datetime, approved_by: str | Sequence[str]
    ) -> list[Entry]:
        """Post lines to open periods; approvals of several people are given as a list."""
        lines = _drafts(drafts)
        approvers = (approved_by,) if isinstance(approved_by, str) else tuple(approved_by)
        with self._segments.locked():
            records = self._whole()
            reasons = [reason for line in lines for reason in faults_of(line, approvers)]
            shut = shut_periods(records)
            reasons += [
                f"{label(line)}: {line.posting_period} is closed; post to an open period"
                for line in lines
                if line.posting_period in shut
            ]
            _refuse(reasons)
            posted = _posted(lines, records, approvers, posted_at)
            if posted:
                self._segments.write(posted)
            return posted

    def advance(
        self,
        period: str,
        state: str,
        *,
        by: str,
        at: datetime,
        frozen: Mapping[str, str] | None = None,
        login: Login | None = None,
    ) -> PeriodStatus:
        """Take the next step of a period; `frozen` is what the step refers to, such as a payment's file. Closing is `close`."""
        with self._segments.locked():
            records = self._whole()
            if state == "closed":
                raise LedgerRefused(f"{period}: a period is closed with its lines; call close")
            steps = next_steps(records, period, {state: by}, upto=state, at=at, login=login)
            steps[-1] = replace(steps[-1], frozen={**steps[-1].frozen, **(frozen or {})})
            return self._sealed(steps, records, records)

    def sign(
        self,
        period: str,
        state: str,
        drafts: Iterable[Draft | Mapping[str, Any]],
        *,
        by: str,
        at: datetime,
        managers: Collection[str] = (),
        login: Login | None = None,
    ) -> PeriodStatus:
        """Review or approve exactly these lines; reviewing other lines than before makes an earlier approval void."""
        lines = _drafts(drafts)
        digest = lines_hash(period, lines)
        with self._segments.locked():
            records = self._whole()
            if period in shut_periods(records):
                raise LedgerRefused(f"{period} is closed: nothing of it is signed any more")
            _refuse([reason for line in lines for reason in faults_of(line, (by,))] + chain_faults(lines, by, managers))
            have = taken(records, period)
            stands = have.get("calculated") is not None and have["calculated"].drafts_hash == digest
            if state == "reviewed" and have and not stands:
                again = PeriodStatus(period=period, state="calculated", by=SYSTEM, at=at, ledger_head=GENESIS, drafts_hash=digest)
                people = {"reviewed": by}
                fresh = next_steps([*records, again], period, people, upto="reviewed", at=at, drafts_hash=digest, login=login)
                return self._sealed([again, *fresh], records, records)
            if have and not stands:
                raise LedgerRefused(f"{period}: the lines are not those that were reviewed; review them again")
            people = {"calculated": SYSTEM, state: by}
            steps = next_steps(records, period, people, upto=state, at=at, drafts_hash=digest, login=login)
            return self._sealed(steps, records, records)

    def close(
        self,
        period: str,
        drafts: Iterable[Draft | Mapping[str, Any]],
        *,
        closed_at: datetime,
        approved_by: str | None = None,
        reviewed_by: str | None = None,
        calculated_by: str = SYSTEM,
        closed_by: str = SYSTEM,
        frozen: Mapping[str, str] | None = None,
        managers_of_approver: Collection[str] = (),
        require_paid: bool = False,
        made_of: Sequence[Mapping[str, Any]] = (),
        plans: Mapping[str, str] | None = None,
        login: Login | None = None,
    ) -> PeriodStatus:
        """Post exactly these lines and seal the period, in one batch; the same lines again change nothing, others are refused."""
        lines = _drafts(drafts)
        digest = lines_hash(period, lines)
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
            _refuse(_unsigned(records, period))
            have = taken(records, period)
            approver = have["approved"].by if "approved" in have else approved_by
            people = {"calculated": calculated_by, "reviewed": reviewed_by, "approved": approver, "closed": closed_by}
            signers = (approver,) if approver else ()
            _refuse(
                earlier_open(records, period, require_paid)
                + [reason for line in lines for reason in faults_of(line, signers)]
                + [
                    f"{label(line)}: posts to {line.posting_period}, not to {period}"
                    for line in lines
                    if line.posting_period != period
                ]
                + chain_faults(lines, approver or "", managers_of_approver)
                + [
                    f"{period}: the lines are not those that {step.by} {step.state}; review and approve them again"
                    for step in have.values()
                    if step.state in ("reviewed", "approved") and step.drafts_hash not in (None, digest)
                ]
            )
            steps = next_steps(records, period, people, upto="closed", at=closed_at, drafts_hash=digest, login=login)
            posted = _posted(lines, records, signers, closed_at)
            kept = {**self._frozen.write(period, made_of), **self._frozen.keep_plans(plans or {})}
            steps[-1] = replace(steps[-1], drafts_hash=digest, frozen={**(frozen or {}), **kept})
            return self._sealed(steps, records, [*records, *posted], posted)

    def _sealed(
        self, steps: Sequence[PeriodStatus], before: Sequence[Record], after: Sequence[Record], posted: Sequence[Entry] = ()
    ) -> PeriodStatus:
        """Write lines and steps as one batch, the steps in their place of the period chain over the entries that then stand."""
        prev = next((one.period_hash for one in reversed(before) if isinstance(one, PeriodStatus)), GENESIS)
        head = next((one.entry_hash for one in reversed(after) if isinstance(one, Entry)), GENESIS)
        sealed = []
        for step in steps:
            one = replace(step, ledger_head=head).sealed(prev)
            sealed.append(one)
            prev = one.period_hash
        self._segments.write([*posted, *sealed])
        return sealed[-1]

    def _whole(self) -> list[Record]:
        records, found = self._segments.read()
        if not found.is_whole:
            raise LedgerBroken(str(found))
        return records

    def _explained(self, found: Verification, published: Sequence[Mapping[str, Any]]) -> Verification:
        """The finding with what stood there: the byte that was changed, or what was published under that entry's id."""
        if found.line is None or found.file is None:
            return found
        place, following = self._segments.line(found.file, found.line)
        differs = what_differs(place.data, place.first_byte, following)
        shown = next((row for row in published if row["entry_id"] == found.entry_id), None)
        if differs is None and shown is not None and (now := place.record()) is not None:
            said = {name: value for name, value in now.items() if name in shown}
            differs = "; ".join(differing({name: shown[name] for name in said}, said)) or None
        return replace(found, differs=differs)


def _begins_one(head: str, heads: Collection[str]) -> bool:
    """True of a hash as a pack prints it, whole, and as a statement does, its first twelve places."""
    return len(head) >= SHORTEST and any(one.startswith(head) for one in heads)


def _unsigned(records: Sequence[Record], period: str) -> list[str]:
    """Entries that stand in a month before it is closed: its lines were signed without them."""
    return [
        f"{one.entry_id} {one.entry_type} {one.amount} of {one.payee_no} stands in {period} already and is none of the lines "
        "that were signed; ask who put it there, and bring the ledger back from a backup before it"
        for one in records
        if isinstance(one, Entry) and one.posting_period == period
    ]


def _drafts(lines: Iterable[Draft | Mapping[str, Any]]) -> list[Draft]:
    return [line if isinstance(line, Draft) else Draft.of(line) for line in lines]


def lines_hash(period: str, lines: Iterable[Draft]) -> str:
    """What people sign: exactly these lines in any order; when the data was read and by which code is not theirs to sign."""
    said = [{**line.said(), "data_as_of": None, "code_hash": None, "signatures": list(line.signatures)} for line in lines]
    return hash_of({"period": period, "lines": sorted(hash_of(line) for line in said)})


def _posted(lines: Sequence[Draft], records: Sequence[Record], approvers: Sequence[str], posted_at: datetime) -> list[Entry]:
    before = [one for one in records if isinstance(one, Entry)]
    prev = before[-1].entry_hash if before else GENESIS
    posted = []
    for number, line in enumerate(lines, start=len(before) + 1):
        entry = Entry.posted(line, number=number, approved_by=approvers, posted_at=posted_at, prev=prev)
        posted.append(entry)
        prev = entry.entry_hash
    return posted


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise LedgerRefused("\n".join(reasons))
