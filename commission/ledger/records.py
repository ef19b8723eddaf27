"""The two kinds of line in the ledger, entries and period states, and how each is hashed.

Add an entry type to ENTRY_TYPES with C5 of the commission specification; old files must still hash when a column is added.
Reading and writing files is `store`; what may follow what is `book`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64

ENTRY_TYPES = frozenset(
    [
        "EARN",
        "ADJ_DATA",
        "ADJ_SPLIT",
        "ADJ_PLAN",
        "ADJ_DISPUTE",
        "CLAWBACK",
        "CLAWBACK_RECOVERY",
        "WRITE_OFF",
        "DRAW",
        "DRAW_RECOVERY",
        "CAP_WITHHELD",
        "CAP_RELEASE",
        "HOLD",
        "HOLD_RELEASE",
        "HOLDBACK",
        "HOLDBACK_RELEASE",
        "SPIFF",
        "AWARD",
        "PENALTY",
        "MANUAL",
        "FX_DIFF",
        "ROUNDING",
    ]
)
PERIOD_STATES = ("draft", "calculated", "reviewed", "approved", "closed", "paid")
SHUT = ("closed", "paid")


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one spelling of a record: what is written and what is hashed."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def hash_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record's one spelling."""
    return hashlib.sha256(canonical(record)).hexdigest()


def utc_text(moment: datetime) -> str:
    """An aware moment as UTC text; sorts as time does."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; pass an aware datetime")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A line that could be posted: everything the ledger does not add itself."""

    entry_type: str
    payee_no: str
    origin_period: str
    posting_period: str
    amount: Decimal
    component_id: str | None = None
    component_name: str | None = None
    plan_id: str | None = None
    plan_hash: str | None = None
    code_hash: str | None = None
    reason: str | None = None
    reverses_id: str | None = None
    data_as_of: str | None = None
    evidence: str | None = None
    decision_id: str | None = None  # of the dispute or adjustment that decided it
    signatures: tuple[str, ...] = ()  # who signed this line itself, beside those who approve its month

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Draft:
        """A draft from a row that may carry more columns, dates as dates and amounts as text."""
        known = {one.name: row[one.name] for one in fields(cls) if one.name in row}
        amount = known["amount"]
        known["amount"] = (
            amount if isinstance(amount, Decimal) else Decimal(str(amount)) if isinstance(amount, (str, int)) else amount
        )
        if isinstance(known.get("data_as_of"), date):
            known["data_as_of"] = known["data_as_of"].isoformat()
        if isinstance(signed := known.get("signatures", ()), str):
            known["signatures"] = tuple(part.strip() for part in signed.split(";") if part.strip())
        return cls(**{**known, "signatures": tuple(known.get("signatures") or ())})

    def said(self) -> dict[str, Any]:
        """The draft as a record: text only, amount with two places."""
        record = {**asdict(self), "amount": f"{self.amount:.2f}"}
        del record["signatures"]  # they join who approved it
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posted line, immutable."""

    entry_id: str
    entry_type: str
    payee_no: str
    component_id: str | None
    component_name: str | None
    plan_id: str | None
    plan_hash: str | None
    code_hash: str | None
    origin_period: str
    posting_period: str
    amount: Decimal
    reason: str | None
    reverses_id: str | None
    data_as_of: str | None
    approved_by: str
    evidence: str | None
    decision_id: str | None
    posted_at: datetime
    prev_entry_hash: str
    entry_hash: str

    @classmethod
    def posted(cls, draft: Draft, *, number: int, approved_by: Sequence[str], posted_at: datetime, prev: str) -> Entry:
        """The entry that `draft` becomes at that place of the chain."""
        record = {
            **draft.said(),
            "kind": "entry",
            "entry_id": f"{draft.posting_period}-{number:07d}",
            "approved_by": "; ".join(dict.fromkeys((*draft.signatures, *approved_by))),
            "posted_at": utc_text(posted_at),
            "prev_entry_hash": prev,
        }
        return cls.read({**record, "entry_hash": hash_of(record)})

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Entry:
        """The entry written as `record`."""
        values = {one.name: record.get(one.name) for one in fields(cls)}  # a column that came later is empty in older entries
        return cls(**{**values, "amount": Decimal(record["amount"]), "posted_at": datetime.fromisoformat(record["posted_at"])})

    def record(self) -> dict[str, Any]:
        """What is written to the file."""
        return {**asdict(self), "kind": "entry", "amount": f"{self.amount:.2f}", "posted_at": utc_text(self.posted_at)}

    def row(self) -> dict[str, Any]:
        """The entry as one row of the published ledger table: Decimal amount, aware time."""
        return asdict(self)


ENTRY_COLUMNS = tuple(one.name for one in fields(Entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodStatus:
    """One step of one period: who took it, when, and what was frozen by it."""

    period: str
    state: str
    by: str
    at: datetime
    ledger_head: str
    drafts_hash: str | None = None
    frozen: dict[str, str] = field(default_factory=dict)
    prev_period_hash: str = GENESIS
    period_hash: str = ""

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed, for a closing step."""
        return self.at if self.state == "closed" else None

    def sealed(self, prev: str) -> PeriodStatus:
        """The same step in its place of the chain."""
        record = {**self.record(), "prev_period_hash": prev}
        del record["period_hash"]
        return PeriodStatus.read({**record, "period_hash": hash_of(record)})

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> PeriodStatus:
        """The step written as `record`."""
        values = {one.name: record[one.name] for one in fields(cls)}
        return cls(**{**values, "at": datetime.fromisoformat(record["at"])})

    def record(self) -> dict[str, Any]:
        """What is written to the file."""
        return {**asdict(self), "kind": "period", "at": utc_text(self.at)}
