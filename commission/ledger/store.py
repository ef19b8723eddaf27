"""Segments on disk: each batch one NDJSON file, written whole, synced, named last, never touched again.

Add a check of the chain to `_Chain`; it must name the first place that does not hold. A half-written batch does not exist,
so a folder copied at any moment is a ledger up to some batch. What a batch may hold is `book`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commission.ledger.records import GENESIS, Entry, PeriodStatus, canonical, hash_of

Record = Entry | PeriodStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the chain says of itself; when it does not hold, the first place that does not."""

    is_whole: bool
    entries: int
    head: str
    problem: str | None = None
    file: str | None = None
    line: int | None = None
    first_byte: int | None = None
    last_byte: int | None = None
    entry_id: str | None = None

    def __str__(self) -> str:
        if self.is_whole:
            return f"ledger holds: {self.entries} entries, head {self.head}"
        where = f"{self.file} line {self.line} (bytes {self.first_byte}-{self.last_byte})" if self.line else self.file
        found = f"{self.problem}; {where}; entry {self.entry_id or 'unknown'}"
        return f"ledger does not hold: {found}; {self.entries} entries before it hold"


class Segments:
    """The files of one ledger folder, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, across processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def files(self) -> list[Path]:
        """Every batch written, oldest first."""
        return sorted(self.folder.glob("*.ndjson")) if self.folder.is_dir() else []

    def write(self, number: int, records: Sequence[Record]) -> None:
        """One batch, durable and whole before it can be seen."""
        target = self.folder / f"{number:06d}.ndjson"
        hidden = self.folder / f".{number:06d}.tmp"
        try:
            with hidden.open("wb") as out:
                out.write(b"".join(canonical(record.record()) + b"\n" for record in records))
                out.flush()
                os.fsync(out.fileno())
            os.link(hidden, target)
        finally:
            hidden.unlink(missing_ok=True)
        _sync_folder(self.folder)

    def read(self) -> tuple[list[Record], Verification]:
        """Every record up to the first place that does not hold, and what the chain says."""
        records: list[Record] = []
        chain = _Chain()
        for number, file in enumerate(self.files(), start=1):
            if file.name != f"{number:06d}.ndjson":
                return records, chain.broken(f"batch {number:06d}.ndjson is missing", file.name)
            for place in _lines(file):
                problem = chain.take(place.data)
                if problem is not None:
                    return records, chain.broken(problem, file.name, place)
                assert chain.newest is not None  # noqa: S101 - tells the type checker what take() promised
                records.append(chain.newest)
        return records, Verification(is_whole=True, entries=chain.entries, head=chain.head)


@dataclass(frozen=True, slots=True)
class _Place:
    data: bytes
    line: int
    first_byte: int


def _lines(file: Path) -> Iterator[_Place]:
    at = 0
    for number, data in enumerate(file.read_bytes().splitlines(keepends=True), start=1):
        yield _Place(data, number, at)
        at += len(data)


class _Chain:
    """Follows the two chains record by record."""

    def __init__(self) -> None:
        self.entries = 0
        self.head = GENESIS
        self.period_head = GENESIS
        self.newest: Record | None = None

    def take(self, data: bytes) -> str | None:
        """Follow one more line: None when it holds, else what is wrong with it."""
        try:
            record = json.loads(data)
        except ValueError:
            return "the line is not a record"
        if not isinstance(record, dict) or record.get("kind") not in ("entry", "period"):
            return "the line is neither an entry nor a period"
        if canonical(record) + b"\n" != data:
            return "the line is not spelled as the ledger spells"
        return self._entry(record) if record["kind"] == "entry" else self._period(record)

    def _entry(self, record: dict[str, Any]) -> str | None:
        problem = _hash_problem(record, "entry_hash", "prev_entry_hash", self.head)
        if problem is None and not str(record["entry_id"]).endswith(f"-{self.entries + 1:07d}"):
            problem = f"entry number {self.entries + 1} was expected"
        if problem is None:
            self.newest = Entry.read(record)
            self.entries += 1
            self.head = record["entry_hash"]
        return problem

    def _period(self, record: dict[str, Any]) -> str | None:
        problem = _hash_problem(record, "period_hash", "prev_period_hash", self.period_head)
        if problem is None and record["ledger_head"] != self.head:
            problem = "the period was sealed over other entries"
        if problem is None:
            self.newest = PeriodStatus.read(record)
            self.period_head = record["period_hash"]
        return problem

    def broken(self, problem: str, file: str, place: _Place | None = None) -> Verification:
        """The finding that names this place."""
        return Verification(
            is_whole=False,
            entries=self.entries,
            head=self.head,
            problem=problem,
            file=file,
            line=place.line if place else None,
            first_byte=place.first_byte if place else None,
            last_byte=place.first_byte + len(place.data) - 1 if place else None,
            entry_id=_named(place.data) if place else None,
        )


def _hash_problem(record: dict[str, Any], own: str, prev: str, expected: str) -> str | None:
    rest = {key: value for key, value in record.items() if key != own}
    if record.get(own) != hash_of(rest):
        return "the content does not match its hash"
    if record.get(prev) != expected:
        return "it does not follow the one before it"
    return None


def _named(data: bytes) -> str | None:
    found = data.partition(b'"entry_id":"')[2].partition(b'"')[0]
    return found.decode(errors="replace") or None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
