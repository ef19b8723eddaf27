"""Segments on disk: each batch one NDJSON file, written whole, synced, named last, never touched again.

Add a check of the chain to `_Chain`; it must name the first place that does not hold. A half-written batch does not exist,
so a folder copied at any moment is a ledger up to some batch. What a batch may hold is `book`, what lies beside it `frozen`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commission.ledger.records import GENESIS, SHUT, Entry, PeriodStatus, canonical, hash_of

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
    differs: str | None = None

    def __str__(self) -> str:
        if self.is_whole:
            return f"ledger holds: {self.entries} entries, head {self.head}"
        where = f"{self.file} line {self.line} (bytes {self.first_byte}-{self.last_byte})" if self.line else self.file
        found = f"{self.problem}; {where}; entry {self.entry_id or 'none'}"
        differs = f"; {self.differs}" if self.differs else ""
        return f"ledger does not hold: {found}{differs}; {self.entries} entries before it hold"


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

    def line(self, name: str, number: int) -> tuple[Place, bytes]:
        """One line of one file, and the bytes of the next."""
        places = list(lines_of(self.folder / name))
        return places[number - 1], places[number].data if number < len(places) else b""

    def write(self, records: Sequence[Record]) -> None:
        """The next batch, durable and whole before it can be seen; its last line says how much it holds."""
        before = self.files()
        number = len(before) + 1
        lines = b"".join(canonical(record.record()) + b"\n" for record in records)
        end = {
            "kind": "batch",
            "batch": number,
            "records": len(records),
            "sha256": hashlib.sha256(lines).hexdigest(),
            "prev_batch_hash": _batch_hash(before[-1]) if before else GENESIS,
        }
        write_durably(self.folder / f"{number:06d}.ndjson", lines + canonical({**end, "batch_hash": hash_of(end)}) + b"\n")

    def read(self) -> tuple[list[Record], Verification]:
        """Every record up to the first place that does not hold, and what the chain says."""
        records: list[Record] = []
        chain = _Chain()
        for number, file in enumerate(self.files(), start=1):
            if file.name != f"{number:06d}.ndjson":
                return records, chain.broken(f"batch {number:06d}.ndjson is missing", file.name)
            chain.open_batch(number)
            for place in lines_of(file):
                problem = chain.take(place.data)
                if problem is not None:
                    return records, chain.broken(problem, file.name, place)
                if chain.newest is not None:
                    records.append(chain.newest)
            if not chain.is_ended:
                return records, chain.broken("lines were cut off: the batch has no end", file.name)
        return records, Verification(is_whole=True, entries=chain.entries, head=chain.head)


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a file: its bytes, its number, where it begins."""

    data: bytes
    line: int
    first_byte: int

    def record(self) -> dict[str, Any] | None:
        """What the line says, when it can be read."""
        try:
            found = json.loads(self.data)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


def lines_of(file: Path) -> Iterator[Place]:
    """Every line with its place."""
    at = 0
    for number, data in enumerate(file.read_bytes().splitlines(keepends=True), start=1):
        yield Place(data, number, at)
        at += len(data)


def write_durably(target: Path, data: bytes) -> None:
    """A new file that is whole and synced before it has its name; one that is there already is never replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = target.parent / f".{target.stem}.tmp"
    try:
        with hidden.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.link(hidden, target)
    except FileExistsError:
        raise
    except OSError as error:
        cure = "nothing was posted; make room there or allow writing, and do the same again"
        raise OSError(error.errno, f"{error.strerror}: {cure}", str(target)) from None
    finally:
        hidden.unlink(missing_ok=True)
    _sync_folder(target.parent)


class _Chain:
    """Follows the chains of entries, periods and batches, record by record."""

    def __init__(self) -> None:
        self.entries = 0
        self.head = GENESIS
        self.period_head = GENESIS
        self.batch_head = GENESIS
        self.newest: Record | None = None
        self.is_ended = True
        self._shut: set[str] = set()
        self._batch = 0
        self._records = 0
        self._digest = hashlib.sha256()

    def open_batch(self, number: int) -> None:
        """The next file begins."""
        self._batch, self._records, self.is_ended, self._digest = number, 0, False, hashlib.sha256()

    def take(self, data: bytes) -> str | None:
        """Follow one more line: None when it holds, else what is wrong with it."""
        self.newest = None
        if self.is_ended:
            return "a line after the end of its batch"
        record = Place(data, 0, 0).record()
        if record is None:
            return "the line is not a record"
        try:
            problem = self._follow(record, data)
        except (LookupError, TypeError, ValueError, ArithmeticError, RecursionError):
            problem = "the line does not say what a record of its kind says"
        self._records += 1
        self._digest.update(data)
        return problem

    def _follow(self, record: dict[str, Any], data: bytes) -> str | None:
        kinds = {"entry": self._entry, "period": self._period, "batch": self._end}
        if str(record.get("kind")) not in kinds:
            return "the line is neither an entry nor a period"
        if canonical(record) + b"\n" != data:
            return "the line is not spelled as the ledger spells"
        return kinds[record["kind"]](record)

    def _entry(self, record: dict[str, Any]) -> str | None:
        problem = hash_problem(record, "entry_hash", "prev_entry_hash", self.head)
        if problem is None and not str(record["entry_id"]).endswith(f"-{self.entries + 1:07d}"):
            problem = f"entry number {self.entries + 1} was expected"
        if problem is None and record["posting_period"] in self._shut:
            problem = f"it was put into {record['posting_period']} after its close"
        if problem is None:
            self.newest = Entry.read(record)
            self.entries += 1
            self.head = record["entry_hash"]
        return problem

    def _period(self, record: dict[str, Any]) -> str | None:
        problem = hash_problem(record, "period_hash", "prev_period_hash", self.period_head)
        if problem is None and record["ledger_head"] != self.head:
            problem = "the period was sealed over other entries"
        if problem is None:
            self.newest = PeriodStatus.read(record)
            self.period_head = record["period_hash"]
            if self.newest.state in SHUT:
                self._shut.add(self.newest.period)
        return problem

    def _end(self, record: dict[str, Any]) -> str | None:
        problem = hash_problem(record, "batch_hash", "prev_batch_hash", self.batch_head)
        held = (self._batch, self._records, self._digest.hexdigest())
        if problem is None and (record["batch"], record["records"], record["sha256"]) != held:
            problem = "the batch holds other lines than it was written with"
        if problem is None:
            self.batch_head = record["batch_hash"]
            self.is_ended = True
        return problem

    def broken(self, problem: str, file: str, place: Place | None = None) -> Verification:
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


def hash_problem(record: dict[str, Any], own: str, prev: str, expected: str) -> str | None:
    """What keeps a record from being the next link; None when it is."""
    rest = {key: value for key, value in record.items() if key != own}
    if record.get(own) != hash_of(rest):
        return "the content does not match its hash"
    if record.get(prev) != expected:
        return "it does not follow the one before it"
    return None


def _batch_hash(file: Path) -> str:
    return str(json.loads(file.read_bytes().splitlines()[-1])["batch_hash"])


def _named(data: bytes) -> str | None:
    """The entry of a line, or the period and its step."""
    names = [data.partition(b'"' + name + b'":"')[2].partition(b'"')[0] for name in (b"entry_id", b"period", b"state")]
    return names[0].decode(errors="replace") or b" ".join(names[1:]).strip().decode(errors="replace") or None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
