"""The lake: every page that arrived, the versions in it, and the manifest that makes a pull count.

What to add here: how a pull becomes complete, how it is found again, how raw files are made from pages.
What belongs elsewhere: asking a CRM (`client.py`), what a version is (`versions.py`), when pulls run (pipelines).

    pages/<source>/<object>/<pull_id>.ndjson.zst           records as the CRM wrote them, one a line, keys sorted
    pages/<source>/<object>/<pull_id>.deleted.ndjson.zst   what the pull found deleted, if anything
    pages/<source>/<object>/<pull_id>.manifest.json        written last; a pull without it does not exist
    raw_<source>/<object>/<pull_id>.parquet                the pull's new versions, if any
    raw_<source>/<object>/empty.parquet                    no rows, so that readers always find a schema
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import logging
import os
import shutil
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import numpy as np
import pyarrow.parquet as pq
import zstandard
from fsspec.implementations.local import LocalFileSystem

from connectors.catalogue import CrmObject
from connectors.client import Connection, Deletion, Page, Sweepable, Window
from connectors.faults import Fault
from connectors.values import decoder, encoder
from connectors.versions import BATCH, Cast, Newest, VersionWriter, hashed, keys_of

log = logging.getLogger("connectors.lake")

EMPTY = "empty.parquet"
FEW = 3  # so many may vanish from a whole object without a doubt, however small it is


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
    started_at: datetime
    finished_at: datetime
    unknown_fields: list[str] = []
    missing_fields: list[str] = []  # in the catalogue, not in the CRM
    withheld_fields: list[str] = []  # personal, kept out of the lake
    unparsed: dict[str, int] = {}  # values that would not parse, by field
    held_back: int = 0  # records that changed after the window: the next pull's
    swept_at: datetime | None = None  # when all keys were last compared with what exists
    disbelieved: int = 0  # so many vanished at once that it looks like a lost right; no tombstones were made


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a round of pulls came to: what is complete, and what went wrong with the rest."""

    manifests: tuple[Manifest, ...]
    faults: tuple[Fault, ...]


class Lake:
    """A folder (local or any fsspec URL) of complete pulls."""

    def __init__(self, root: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`clock` only stamps how long a pull took; nothing is decided by it."""
        self._fs, path = fsspec.url_to_fs(root)
        self._is_local = isinstance(self._fs, LocalFileSystem)
        self.root = path if self._is_local else root.rstrip("/")  # with its scheme, so that any reader can open what lies there
        self._clock = clock
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def __repr__(self) -> str:
        """Where it is."""
        return f"Lake({self.root})"

    def pages_folder(self, source: str, name: str) -> str:
        """Where an object's pages and manifests lie."""
        return f"{self.root}/pages/{source}/{name}"

    def raw_folder(self, source: str, name: str) -> str:
        """Where an object's versions lie."""
        return f"{self.root}/raw_{source}/{name}"

    def ensure(self, source: str, objects: Iterable[CrmObject]) -> None:
        """Give every object a raw folder with a schema, so that readers find it before the first pull."""
        for obj in objects:
            path = f"{self.raw_folder(source, obj.name)}/{EMPTY}"
            if not self._fs.exists(path):
                self._write_schema(source, obj)

    def manifests(
        self, known_at: datetime | None = None, *, source: str | None = None, name: str | None = None
    ) -> list[Manifest]:
        """Every complete pull that was visible at `known_at`, in the order of pulling."""
        found = [
            msgspec.json.decode(self._fs.cat_file(path), type=Manifest)
            for path in self._fs.glob(f"{self.root}/pages/{source or '*'}/{name or '*'}/*.manifest.json")
        ]
        visible = (one for one in found if known_at is None or one.pulled_at <= known_at)
        return sorted(visible, key=lambda one: (one.pulled_at, one.source, one.object))

    def newest(self, source: str, name: str) -> Manifest | None:
        """The last complete pull of one object."""
        names = [path for path in self._names(self.pages_folder(source, name)) if path.endswith(".manifest.json")]
        if not names:
            return None
        return msgspec.json.decode(self._fs.cat_file(f"{self.pages_folder(source, name)}/{max(names)}"), type=Manifest)

    def watermark(self, source: str, name: str) -> datetime | None:
        """Up to which moment changes of an object are known; None before its first complete pull."""
        newest = self.newest(source, name)
        return None if newest is None else newest.window_end

    def land(
        self,
        source: str,
        obj: CrmObject,
        pages: Iterable[Page],
        *,
        pulled_at: datetime,
        run_id: str,
        window: Window,
        cast: Cast,
        deletions: Callable[[], Iterable[Deletion]] = tuple,
        sweep: Sweep | None = None,
        swept_at: datetime | None = None,
        vanishing_limit: float | None = None,
    ) -> Manifest:
        """Keep one pull: pages and new versions as they stream, then, if all of it came, the manifest."""
        with self._alone(source, obj.name), self._incoming(source, obj.name, _pull_id(pulled_at)) as draft:
            self._remove_what_does_not_count(source, obj.name)
            landing = _Landing(
                self, draft, source, obj, pulled_at=pulled_at, run_id=run_id, window=window, cast=cast, started_at=self._clock()
            )
            for page in pages:
                landing.take(page)
            manifest = landing.finish(deletions, sweep, vanishing_limit, swept_at, self._clock)
            self._publish(draft, manifest)
        log.info(
            "%s %s: %d pages, %d records, %d new versions, %d deleted",
            source,
            obj.name,
            manifest.pages,
            manifest.records,
            manifest.versions,
            manifest.deleted,
        )
        return manifest

    def rebuild(self, source: str, obj: CrmObject, *, cast: Cast) -> int:
        """Make an object's raw files again from its pages, with today's catalogue; how many versions there are."""
        with self._alone(source, obj.name):
            return self._rebuild(source, obj, cast)

    def mend(self, source: str, obj: CrmObject, *, cast: Cast) -> None:
        """Make raw files again that are lost, or that were made by another catalogue."""
        with self._alone(source, obj.name):
            if not self._is_whole(source, obj):
                self._rebuild(source, obj, cast)

    def _is_whole(self, source: str, obj: CrmObject) -> bool:
        """Whether the raw folder has today's schema and is not missing; reads no more than the newest manifest."""
        names = set(self._names(self.raw_folder(source, obj.name)))
        if EMPTY not in names or not self._parquet(f"{self.raw_folder(source, obj.name)}/{EMPTY}").schema_arrow.equals(
            obj.raw_schema
        ):
            return False
        newest = self.newest(source, obj.name)
        return (
            newest is None
            or newest.records == 0
            or (names != {EMPTY} and (newest.versions + newest.deleted == 0 or f"{newest.pull_id}.parquet" in names))
        )

    def raw_files(self, source: str, name: str) -> list[pq.ParquetFile]:
        """An object's versions, oldest pull first."""
        folder = self.raw_folder(source, name)
        return [
            self._parquet(f"{folder}/{path}")
            for path in sorted(self._names(folder))
            if path.endswith(".parquet") and path != EMPTY
        ]

    def _rebuild(self, source: str, obj: CrmObject, cast: Cast) -> int:
        pulls = self.manifests(source=source, name=obj.name)
        newest = Newest()
        rows = 0
        folder = self.raw_folder(source, obj.name)
        with self._incoming(source, obj.name, "rebuild") as draft:
            made = []
            for pull in pulls:
                newest.begin_pull()
                path = draft / f"{pull.pull_id}.parquet"
                writer = VersionWriter(path, source, obj, pulled_at=pull.pulled_at, run_id=pull.run_id, cast=cast, newest=newest)
                stem = f"{self.pages_folder(source, obj.name)}/{pull.pull_id}"
                for lines in _batches(self._lines(f"{stem}.ndjson.zst")):
                    writer.take([decoder.decode(line) for line in lines], lines)
                buried = [msgspec.json.decode(line, type=Deletion) for line in self._lines(f"{stem}.deleted.ndjson.zst")]
                writer.bury(buried)
                if writer.close():
                    made.append(path)
                rows += writer.tally.versions + writer.tally.deleted
            for name in self._names(folder):
                self._fs.rm_file(f"{folder}/{name}")
            for path in made:
                self._put(path, f"{folder}/{path.name}")
            self._write_schema(source, obj)
        return rows

    def _lines(self, path: str) -> Iterator[bytes]:
        """Lines of a zstd file; none if there is no file."""
        if not self._fs.exists(path):
            return
        with self._fs.open(path, "rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            for line in io.BufferedReader(stream, 1 << 20):
                yield line.rstrip(b"\n")

    def _write_schema(self, source: str, obj: CrmObject) -> None:
        folder = self.raw_folder(source, obj.name)
        self._fs.makedirs(folder, exist_ok=True)
        sink = io.BytesIO()
        pq.write_table(obj.raw_schema.empty_table(), sink, compression="zstd")
        with tempfile.TemporaryDirectory() as folder_of_draft:
            draft = Path(folder_of_draft) / EMPTY
            draft.write_bytes(sink.getvalue())
            if self._is_local:
                beside = Path(folder) / f".{EMPTY}.{threading.get_ident()}"
                shutil.copyfile(draft, beside)
                beside.replace(f"{folder}/{EMPTY}")
            else:
                self._fs.put_file(str(draft), f"{folder}/{EMPTY}")

    def _publish(self, draft: Path, manifest: Manifest) -> None:
        """Move a complete pull to where it counts; the manifest is the last thing to appear."""
        pages = self.pages_folder(manifest.source, manifest.object)
        raw = self.raw_folder(manifest.source, manifest.object)
        self._fs.makedirs(pages, exist_ok=True)
        self._fs.makedirs(raw, exist_ok=True)
        for name, folder in (("ndjson.zst", pages), ("deleted.ndjson.zst", pages), ("parquet", raw)):
            path = draft / f"{manifest.pull_id}.{name}"
            if path.exists():
                self._put(path, f"{folder}/{path.name}")
        proof = draft / f"{manifest.pull_id}.manifest.json"
        proof.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        self._put(proof, f"{pages}/{proof.name}")

    def _put(self, path: Path, target: str) -> None:
        """A file appears at its target whole or not at all, and survives a power cut."""
        if not self._is_local:
            self._fs.put_file(str(path), target)
            return
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(target)
        folder = os.open(Path(target).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _remove_what_does_not_count(self, source: str, name: str) -> None:
        """Files of a pull that died before its manifest."""
        pages, raw = self.pages_folder(source, name), self.raw_folder(source, name)
        files = self._names(pages)
        complete = {file.removesuffix(".manifest.json") for file in files if file.endswith(".manifest.json")}
        for folder, found in ((pages, files), (raw, self._names(raw))):
            for file in found:
                if file != EMPTY and file.split(".", 1)[0] not in complete:
                    self._fs.rm_file(f"{folder}/{file}")

    def _names(self, folder: str) -> list[str]:
        """File names in a folder; none if it is not there."""
        if not self._fs.exists(folder):
            return []
        return [path.rsplit("/", 1)[1] for path in self._fs.ls(folder, detail=False, refresh=True)]

    def _parquet(self, path: str) -> pq.ParquetFile:
        return pq.ParquetFile(self._fs.open(path, "rb"))

    @contextmanager
    def _incoming(self, source: str, name: str, pull_id: str) -> Iterator[Path]:
        """A local folder for a pull under way; whatever happens, it is gone afterwards."""
        if self._is_local:
            home = Path(self.root) / ".incoming"
            home.mkdir(parents=True, exist_ok=True)
            for left in home.glob(f"{source}.{name}.*.pull"):  # of a run that was killed
                shutil.rmtree(left)
            draft = home / f"{source}.{name}.{pull_id}.pull"
            draft.mkdir()
        else:
            draft = Path(tempfile.mkdtemp(prefix=f"{source}.{name}."))
        try:
            yield draft
        finally:
            shutil.rmtree(draft)

    @contextmanager
    def _alone(self, source: str, name: str) -> Iterator[None]:
        """Only one thread, and on a local lake one process, lands an object at a time."""
        with self._locks_lock:
            lock = self._locks.setdefault((source, name), threading.Lock())
        with lock:
            if not self._is_local:
                yield
                return
            home = Path(self.root) / ".incoming"
            home.mkdir(parents=True, exist_ok=True)
            handle = os.open(home / f"{source}.{name}.lock", os.O_CREAT | os.O_RDWR, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)


class _Landing:
    """One pull on its way into the lake: everything goes to the draft folder."""

    def __init__(
        self,
        lake: Lake,
        draft: Path,
        source: str,
        obj: CrmObject,
        *,
        pulled_at: datetime,
        run_id: str,
        window: Window,
        cast: Cast,
        started_at: datetime,
    ) -> None:
        """Opens the pages file and learns what is known already."""
        self._lake = lake
        self._draft = draft
        self._source = source
        self._obj = obj
        self._pull_id = _pull_id(pulled_at)
        self._pulled_at = pulled_at
        self._run_id = run_id
        self._window = window
        self._started_at = started_at
        newest = Newest(lambda: lake.raw_files(source, obj.name))
        self._versions = VersionWriter(
            draft / f"{self._pull_id}.parquet", source, obj, pulled_at=pulled_at, run_id=run_id, cast=cast, newest=newest
        )
        self._pages = _LineWriter(draft / f"{self._pull_id}.ndjson.zst")
        self._page_count = 0
        self._held_back = 0
        self._missing: set[str] = set()
        self._withheld: set[str] = set()
        self._newest = newest
        self._is_full = obj.cursor is None
        self._seen = array("q")  # hashes of the keys of a pull of everything

    def take(self, page: Page) -> None:
        """Keep one page."""
        lines = [encoder.encode(record) for record in page.records]
        self._pages.write(lines)
        self._versions.take(page.records, lines)
        self._page_count += 1
        self._held_back += page.held_back
        self._missing |= page.missing
        self._withheld |= page.withheld
        if self._is_full:
            self._seen.extend(hash(str(record.get(self._obj.key))) for record in page.records)

    def finish(
        self,
        deletions: Callable[[], Iterable[Deletion]],
        sweep: Sweep | None,
        vanishing_limit: float | None,
        swept_at: datetime | None,
        clock: Callable[[], datetime],
    ) -> Manifest:
        """Close the files and say what is in them."""
        gone = [one for one in deletions() if one.deleted_at is None or one.deleted_at < self._window.end]
        buried = self._versions.bury(gone)
        vanished, disbelieved = self._vanished(sweep, vanishing_limit, {one.key for one in buried})
        buried += self._versions.bury(vanished)
        if buried:
            with closing(_LineWriter(self._draft / f"{self._pull_id}.deleted.ndjson.zst")) as writer:
                writer.write([msgspec.json.encode(one) for one in buried])
        self._pages.close()
        self._versions.close()
        tally = self._versions.tally
        return Manifest(
            source=self._source,
            object=self._obj.name,
            pull_id=self._pull_id,
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
            started_at=self._started_at,
            finished_at=clock(),
            unknown_fields=sorted(tally.unknown_fields),
            missing_fields=sorted(self._missing),
            withheld_fields=sorted(self._withheld),
            unparsed=dict(sorted(tally.unparsed.items())),
            held_back=self._held_back,
            disbelieved=disbelieved,
            swept_at=self._pulled_at if sweep is not None and not disbelieved else swept_at,
        )

    def _vanished(self, sweep: Sweep | None, limit: float | None, buried: set[str]) -> tuple[list[Deletion], int]:
        """Keys that a look at everything no longer finds, and how many of them are too many to be believed."""
        if not self._is_full and sweep is None:
            return [], 0
        if sweep is not None:
            for keys in sweep.everything():
                self._seen.extend(map(hash, keys))
        alive = self._newest.alive()
        missing = np.setdiff1d(alive, np.frombuffer(self._seen, dtype=np.int64) if self._seen else np.empty(0, np.int64))
        missing = np.setdiff1d(missing, hashed(list(buried)))
        if not len(missing):
            return [], 0
        if limit is not None and len(missing) > max(FEW, limit * len(alive)):
            log.warning("%s %s: %d of %d vanished at once; not believed", self._source, self._obj.name, len(missing), len(alive))
            return [], len(missing)
        keys = keys_of(self._lake.raw_files(self._source, self._obj.name), missing)
        spared = sweep.alive(keys) if sweep is not None else set()
        return [Deletion(key, None, "vanished") for key in keys if key not in spared], 0


@dataclass(frozen=True, slots=True)
class Sweep:
    """A look at every key that exists, and a second look at those it did not find."""

    everything: Callable[[], Iterable[Sequence[str]]]
    alive: Callable[[Sequence[str]], set[str]]


class _LineWriter:
    """Lines into a zstd file, with the file's own hash."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=3).stream_writer(self._file, closefd=False)

    def write(self, lines: Sequence[bytes]) -> None:
        """Add lines."""
        if lines:
            self._stream.write(b"\n".join(lines) + b"\n")

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()
        self._file.close()

    @property
    def sha256(self) -> str:
        """Hash of the finished file."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _pull_id(pulled_at: datetime) -> str:
    """A name for a pull that sorts by time."""
    return pulled_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def extract(connection: Connection, lake: Lake, obj: CrmObject, *, known_at: datetime, run_id: str) -> Manifest:
    """Pull what changed in one object since its last complete pull, and land it; nothing is asked that is known already."""
    if known_at.tzinfo is None:
        raise ValueError("known_at needs a time zone")
    lake.mend(connection.source, obj, cast=connection.cast)
    newest = lake.newest(connection.source, obj.name)
    end = known_at.astimezone(UTC) - connection.settle
    if newest is not None and end <= newest.window_end:
        return newest
    start = None if newest is None or obj.cursor is None else newest.window_end - connection.overlap
    window = Window(start, end)
    return lake.land(
        connection.source,
        obj,
        connection.pull(obj, window),
        pulled_at=known_at.astimezone(UTC),
        run_id=run_id,
        window=window,
        cast=connection.cast,
        deletions=lambda: () if start is None else connection.deleted(obj, start),
        sweep=_sweep_if_due(connection, obj, newest, known_at),
        swept_at=known_at.astimezone(UTC) if newest is None else newest.swept_at,
        vanishing_limit=connection.vanishing_limit,
    )


def _sweep_if_due(connection: Connection, obj: CrmObject, newest: Manifest | None, known_at: datetime) -> Sweep | None:
    """A look at every key, where the source needs one and it is time; a first pull sees everything anyway."""
    if newest is None or not isinstance(connection, Sweepable):
        return None
    every = connection.sweep_after(obj)
    if every is None or (newest.swept_at is not None and known_at - newest.swept_at < every):
        return None
    return Sweep(lambda: connection.sweep(obj), lambda keys: connection.alive(obj, keys))


def extract_all(
    connection: Connection, lake: Lake, objects: Sequence[CrmObject], *, known_at: datetime, run_id: str, threads: int = 4
) -> Extraction:
    """Pull several objects side by side; one that cannot be pulled is reported and the others go on."""

    def one(obj: CrmObject) -> Manifest | Fault:
        """The object's manifest, or what went wrong."""
        try:
            return extract(connection, lake, obj, known_at=known_at, run_id=run_id)
        except Fault as fault:
            return fault

    with ThreadPoolExecutor(threads, thread_name_prefix=connection.source) as pool:
        results: list[Any] = list(pool.map(one, objects))
    return Extraction(
        tuple(result for result in results if isinstance(result, Manifest)),
        tuple(result for result in results if isinstance(result, Fault)),
    )
