"""One pull on its way into the lake: its draft, the point from which a broken one goes on, and its manifest.

What to add here: what is kept of a pull, what proves it, what a broken one leaves to the next.
What belongs elsewhere: where complete pulls lie and how they are found (`lake`), what a version is (`versions.py`).
"""

from __future__ import annotations

import gc
import hashlib
import logging
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from connectors.alike import Alike
from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Deletion, Page, Record, Window
from connectors.faults import ContractBroken, Deferred, Unlisted
from connectors.lines import LineWriter, batches, sha256_of, unpacked
from connectors.newest import Newest, hashed, keys_of
from connectors.sweeping import Compared, Sighted, Sweep, sighted
from connectors.texts import Texts
from connectors.values import decoder, encoder
from connectors.versions import Cast, VersionWriter, naive

log = logging.getLogger("connectors.lake")

SAMPLE = 200  # records that seem changed, before it is asked whether any is
FEW = 3  # so many may vanish from a whole object without a doubt, however small it is
PAGES, DELETED, VERSIONS, PROOF, POINT = "ndjson.zst", "deleted.ndjson.zst", "parquet", "manifest.json", "resume.json"
KEPT = "kept"  # folder of what a pull keeps for itself until it is complete


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of one complete pull."""

    source: str
    object: str
    pull_id: str
    run_id: str
    pulled_at: datetime
    window_start: datetime | None
    window_end: datetime
    kind: str  # full: all there is, so what is missing is gone; window: what changed
    pages: int
    records: int
    versions: int  # rows that say something new
    deleted: int  # tombstones
    sha256: str  # of the pages file
    versions_sha256: str = ""  # of the versions file, which appears behind this manifest; "": there is none
    started_at: datetime
    finished_at: datetime
    unknown_fields: list[str] = []
    missing_fields: list[str] = []  # in the catalogue, not in the CRM
    withheld_fields: list[str] = []  # personal, kept out of the lake
    unparsed: dict[str, int] = {}  # values that would not parse, by field
    held_back: int = 0  # records that changed after the window: the next pull's
    swept_at: datetime | None = None  # when all keys were last compared with what exists
    disbelieved: int = 0  # so many vanished at once that it looks like a lost right; no tombstones were made
    compared: Compared | None = None  # what a look at everything found different from the lake; None where there was none
    field_types: dict[str, str] = {}  # as the CRM lists them, in its own words; empty where it does not say
    fields_appeared: list[str] = []  # since the pull before
    fields_vanished: list[str] = []
    fields_retyped: dict[str, str] = {}  # by field: "type before -> type now"
    resumed_from: datetime | None = None  # changes before it were read by an earlier try that broke off


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """From where a pull that broke off goes on: everything before `reached` is in the first `size` bytes of its pages."""

    reading: str  # what was read, and how: only the very same pull goes on
    window_start: datetime | None
    window_end: datetime  # of the last try
    unwatched_since: datetime  # end of the first try's window: from here on, deletions are still to be asked for
    pulled_at: datetime  # of the first try
    reached: datetime | None
    size: int
    sha256: str
    pages: int
    held_back: int
    missing: list[str]
    withheld: list[str]
    note: str = ""  # of the last page, by whoever brought it; what came is then not all there is before `reached`


class Landing:
    """One pull on its way into the lake: everything goes to the draft folder."""

    def __init__(
        self,
        draft: Path,
        source: str,
        obj: CrmObject,
        newest: Newest,
        *,
        pulled_at: datetime,
        run_id: str,
        window: Window,
        cast: Cast,
        started_at: datetime,
        reading: str | None,
        resume: Resume | None,
        fields_before: Mapping[str, str],
    ) -> None:
        """Opens the pages file, and takes in first what an earlier try left."""
        self._draft = draft
        self._source = source
        self._obj = obj
        self._pulled_at = pulled_at
        self._run_id = run_id
        self._window = window
        self._cast = cast
        self._started_at = started_at
        self._reading = reading
        self._fields_before = fields_before
        self._fields = dict(fields_before)
        self._resume = resume
        self._newest = newest
        self._versions = VersionWriter(
            draft / VERSIONS, source, obj, pulled_at=pulled_at, run_id=run_id, cast=cast, newest=newest
        )
        self._page_count = 0
        self._held_back = 0
        self._missing: set[str] = set()
        self._withheld: set[str] = set()
        self._is_full = obj.cursor is None
        self._seen = array("q")  # hashes of the keys of a pull of everything
        self._pages = LineWriter(draft / PAGES, resume.size if resume else 0)
        if resume is not None:
            with (draft / PAGES).open("rb") as file:
                for lines in batches(unpacked(file)):  # LineWriter has cut off what came after the point
                    self._versions.take([decoder.decode(line) for line in lines])
            self._page_count, self._held_back = resume.pages, resume.held_back
            self._missing, self._withheld = set(resume.missing), set(resume.withheld)

    def take(self, page: Page) -> None:
        """Keep one page."""
        if page.records:
            self._pages.put(
                page.records.lines() if isinstance(page.records, Texts | Alike) else encoder.encode_lines(page.records)
            )
            self._versions.take(page.records)
            self._page_count += 1
        if page.fields is not None:
            self._fields = dict(page.fields)
        self._held_back += page.held_back
        self._missing |= page.missing
        self._withheld |= page.withheld
        if self._is_full:
            self._seen.extend(hash(str(record.get(self._obj.key))) for record in page.records)
        if (page.reached is not None or page.note) and self._reading is not None:
            self._save_point(self._reading, page.reached, page.note)

    def _save_point(self, reading: str, reached: datetime | None, note: str) -> None:
        """Should this pull break off, the next goes on from here."""
        size, sha256 = self._pages.settle()
        earlier = self._resume
        point = Resume(
            reading=reading,
            window_start=self._window.start,
            window_end=self._window.end,
            unwatched_since=earlier.unwatched_since if earlier else self._window.end,
            pulled_at=earlier.pulled_at if earlier else self._pulled_at,
            reached=reached,
            size=size,
            sha256=sha256,
            pages=self._page_count,
            held_back=self._held_back,
            missing=sorted(self._missing),
            withheld=sorted(self._withheld),
            note=note,
        )
        beside = self._draft / f"{POINT}.draft"
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(point))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._draft / POINT)

    def finish(
        self,
        deletions: Callable[[], Iterable[Deletion]],
        sweep: Sweep | None,
        vanishing_limit: float | None,
        swept_at: datetime | None,
        clock: Callable[[], datetime],
    ) -> Manifest:
        """Close the files and say what is in them."""
        gone, due = self._listed(deletions, sweep)
        seen = self._sighted(due) if due is not None else None
        buried = self._versions.bury(self._without_the_living(gone, seen, sweep))
        vanished, disbelieved = self._vanished(seen, sweep, vanishing_limit, {one.key for one in buried})
        buried += self._versions.bury(vanished)
        if buried:
            with closing(LineWriter(self._draft / DELETED)) as writer:
                writer.put(encoder.encode_lines(buried))
        self._pages.close()
        self._versions.close()
        tally = self._versions.tally
        was, now = self._fields_before, self._fields
        return Manifest(
            source=self._source,
            object=self._obj.name,
            pull_id=pull_id(self._pulled_at),
            run_id=self._run_id,
            pulled_at=self._pulled_at,
            window_start=self._window.start,
            window_end=self._window.end,
            kind="full" if self._is_full else "window",
            pages=self._page_count,
            records=tally.records,
            versions=tally.versions,
            deleted=tally.deleted,
            sha256=self._pages.sha256,
            versions_sha256=sha256_of(self._draft / VERSIONS),
            started_at=self._started_at,
            finished_at=clock(),
            unknown_fields=sorted(tally.unknown_fields),
            missing_fields=sorted(self._missing),
            withheld_fields=sorted(self._withheld),
            unparsed=dict(sorted(tally.unparsed.items())),
            held_back=self._held_back,
            disbelieved=disbelieved,
            compared=None if seen is None else self._compared(seen, len(vanished), disbelieved),
            swept_at=self._pulled_at if seen is not None and not disbelieved else swept_at,
            field_types=dict(sorted(now.items())),
            fields_appeared=sorted(now.keys() - was.keys()) if was else [],
            fields_vanished=sorted(was.keys() - now.keys()),
            fields_retyped={name: f"{was[name]} -> {kind}" for name, kind in sorted(now.items()) if was.get(name, kind) != kind},
            resumed_from=self._resume.reached if self._resume else None,
        )

    def _listed(self, deletions: Callable[[], Iterable[Deletion]], sweep: Sweep | None) -> tuple[list[Deletion], Sweep | None]:
        """What the source lists as deleted, and the sweep that is due now: always, if it could not list all of it."""
        gone: list[Deletion] = []
        due = sweep if sweep is not None and sweep.is_due else None
        try:
            gone += (one for one in deletions() if one.deleted_at is None or one.deleted_at < self._window.end)
        except Unlisted as fault:
            if sweep is None:
                raise
            log.warning("%s", fault)
            due = sweep
        return gone, due

    def _sighted(self, sweep: Sweep) -> Sighted | None:
        """All that exists, after what differs from the lake was read by its keys; None when today's budget ends before that."""
        self._versions.flush()
        try:
            seen = sighted(self._obj, sweep.everything(), self._newest, self._window.end)
            if seen.lacking or seen.dead or seen.stale:
                log.warning(
                    "%s %s: the lake lacks %d records that exist, holds %d for deleted and %d as they were; read by their keys",
                    *(self._source, self._obj.name, len(seen.lacking), len(seen.dead), len(seen.stale)),
                )
                self._read_again(sweep, sorted(seen.lacking | seen.dead))
                self._read_the_stale(sweep, sorted(seen.stale))
        except Deferred as fault:  # what changed is all here, and must not wait for a budget that a sweep uses up every day
            log.warning("%s %s: not swept: %s", self._source, self._obj.name, fault)
            return None
        return seen

    def _read_the_stale(self, sweep: Sweep, keys: Sequence[str]) -> None:
        """What seems changed, unless the first of many say nothing new: then the source's two looks differ, and not the lake."""
        before = self._versions.tally.versions
        self._read_again(sweep, keys[:SAMPLE])
        self._versions.flush()
        if len(keys) > SAMPLE and self._versions.tally.versions == before:
            log.warning("%s %s: what seems changed is not; not read any further", self._source, self._obj.name)
            return
        self._read_again(sweep, keys[SAMPLE:])

    def _read_again(self, sweep: Sweep, keys: Sequence[str]) -> set[str]:
        """Those of the keys that can be read; what they say is kept, if it changed inside the window."""
        found: set[str] = set()
        for page in sweep.again(keys) if keys else ():
            found.update(str(record.get(self._obj.key)) for record in page.records)
            inside = [record for record in page.records if self._is_inside(record)]
            self.take(replace(page, records=inside))
        return found

    def _is_inside(self, record: Record) -> bool:
        """Whether a record changed before the window's end; what does not say when it changed is as of now."""
        moment = record.get(str(self._obj.cursor))
        if moment is None:
            return True
        return self._cast(Field("modified_at", str(self._obj.cursor), FieldType.TIMESTAMP), moment) < naive(self._window.end)

    def _without_the_living(self, gone: list[Deletion], seen: Sighted | None, sweep: Sweep | None) -> list[Deletion]:
        """Deletions, less those of records that were seen after all: restored since."""
        if seen is None or sweep is None or not gone:
            return gone
        is_seen = np.isin(hashed([one.key for one in gone]), seen.array())
        doubtful = [one.key for one, doubt in zip(gone, is_seen, strict=True) if doubt]
        living = self._read_again(sweep, doubtful) if doubtful else set()
        return [one for one in gone if one.key not in living]

    def _vanished(
        self, seen: Sighted | None, sweep: Sweep | None, limit: float | None, buried: set[str]
    ) -> tuple[list[Deletion], int]:
        """Keys that a look at everything no longer finds, nor a second look by key; how many are too many to be believed."""
        if not self._is_full and seen is None:
            return [], 0
        exist = seen.array() if seen is not None else np.empty(0, np.int64)
        if self._seen:
            exist = np.union1d(exist, np.frombuffer(self._seen, np.int64))
        alive = self._newest.alive()
        missing = np.setdiff1d(np.setdiff1d(alive, exist), hashed(list(buried)))
        if not len(missing):
            return [], 0
        if limit is not None and len(missing) > max(FEW, limit * len(alive)):
            log.warning("%s %s: %d of %d vanished at once; not believed", self._source, self._obj.name, len(missing), len(alive))
            return [], len(missing)
        keys = keys_of(self._newest.files(), missing)
        spared = self._read_again(sweep, keys) if sweep is not None else set()
        return [Deletion(key, None, "vanished") for key in keys if key not in spared], 0

    def _compared(self, seen: Sighted, vanished: int, disbelieved: int) -> Compared:
        """The differences, counted."""
        return Compared(
            seen=len(np.unique(seen.array())),
            held=len(self._newest.alive()),
            lacking=len(seen.lacking),
            dead=len(seen.dead),
            stale=len(seen.stale),
            vanished=vanished,
            disbelieved=disbelieved,
        )


def resume_point(draft: Path, reading: str, window: Window) -> Resume | None:
    """The point that a broken try of this very pull left; None unless the pages kept are what they were."""
    path, pages = draft / POINT, draft / PAGES
    if not path.exists() or not pages.exists():
        return None
    try:
        point = msgspec.json.decode(path.read_bytes(), type=Resume)
    except msgspec.MsgspecError:
        return None
    if (point.reading, point.window_start) != (reading, window.start) or point.window_end > window.end:
        return None
    digest, left = hashlib.sha256(), point.size
    with pages.open("rb") as file:
        while left and (chunk := file.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    return point if left == 0 and digest.hexdigest() == point.sha256 else None


def is_worth_keeping(draft: Path, fault: BaseException) -> bool:
    """Whether a pull that broke off left something to go on from; an answer outside of the contract discredits all of it."""
    return (draft / POINT).exists() and not isinstance(fault, ContractBroken)


_at_work: list[None] = []  # landings under way
_thresholds = gc.get_threshold()


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Records hold no cycles, and Python's collector would look through each of them many times: a tenth of a pull's time."""
    if not _at_work:
        gc.set_threshold(100_000, *_thresholds[1:])
    _at_work.append(None)
    try:
        yield
    finally:
        _at_work.pop()
        if not _at_work:
            gc.set_threshold(*_thresholds)


def pull_id(pulled_at: datetime) -> str:
    """A name for a pull that sorts by time."""
    return pulled_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
