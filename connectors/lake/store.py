"""The lake: every page that arrived, the versions in it, and the manifest that makes a pull count.

What to add here: how a pull becomes complete, how it is found again, how raw files are made from pages.
What belongs elsewhere: asking a CRM (`client`), what a version is (`versions.py`), when pulls run (pipelines).

    pages/<source>/<object>/<pull_id>.ndjson.zst           records as the CRM wrote them, one a line, keys sorted
    pages/<source>/<object>/<pull_id>.deleted.ndjson.zst   what the pull found deleted, if anything
    pages/<source>/<object>/<pull_id>.manifest.json        a pull without it does not exist
    raw_<source>/<object>/<pull_id>.parquet                the pull's new versions, if any; never there before the manifest
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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from connectors.catalogue import CrmObject
from connectors.client import Deletion, Kept, Page, Window
from connectors.faults import RetryLater
from connectors.landing import (
    DELETED,
    KEPT,
    PAGES,
    PROOF,
    VERSIONS,
    Landing,
    Manifest,
    Resume,
    collector_at_rest,
    is_worth_keeping,
    pull_id,
    resume_point,
)
from connectors.lines import batches, sha256_of, unpacked
from connectors.newest import Newest
from connectors.sweeping import Compared, Sweep
from connectors.values import decoder
from connectors.versions import Cast, VersionWriter

log = logging.getLogger("connectors.lake")

EMPTY = "empty.parquet"


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
        """Give every object a raw folder with a schema, so that readers find it before the first pull.

        A custom object that has one keeps it: which columns it has is only known when its source is asked.
        """
        for obj in objects:
            path = f"{self.raw_folder(source, obj.name)}/{EMPTY}"
            has_one = self._fs.exists(path)
            if not has_one or not (obj.is_custom or self._schema_of(path).equals(obj.raw_schema, check_metadata=True)):
                self._write_schema(source, obj)
            if not self.is_published(source, obj.name):
                with self._alone(source, obj.name):
                    self._publish_the_rest(source, obj.name)

    def is_published(self, source: str, name: str) -> bool:
        """Whether readers see all of the last complete pull: a run may have been killed right behind its manifest."""
        newest = self.newest(source, name)
        if newest is None or newest.versions + newest.deleted == 0:
            return True
        return f"{newest.pull_id}.parquet" in self._names(self.raw_folder(source, name))

    def manifests(
        self, known_at: datetime | None = None, *, source: str | None = None, name: str | None = None
    ) -> list[Manifest]:
        """Every complete pull that was visible at `known_at`, in the order of pulling."""
        found = [
            msgspec.json.decode(self._fs.cat_file(f"{folder}/{file}"), type=Manifest)
            for folder in self._pages_folders(source, name)
            for file in self._names(folder)
            if file.endswith(".manifest.json")
        ]
        visible = (one for one in found if known_at is None or one.pulled_at <= known_at)
        return sorted(visible, key=lambda one: (one.pulled_at, one.source, one.object))

    def _pages_folders(self, source: str | None, name: str | None) -> list[str]:
        """Where pages of these lie; listed, since the letters of a pattern may stand in the lake's own path."""
        sources = [source] if source else self._names(f"{self.root}/pages")
        found = {one: [name] if name else self._names(f"{self.root}/pages/{one}") for one in sources}
        return [self.pages_folder(one, obj) for one, objects in found.items() for obj in objects]

    def newest(self, source: str, name: str) -> Manifest | None:
        """The last complete pull of one object."""
        names = [path for path in self._names(self.pages_folder(source, name)) if path.endswith(".manifest.json")]
        if not names:
            return None
        return msgspec.json.decode(self._fs.cat_file(f"{self.pages_folder(source, name)}/{max(names)}"), type=Manifest)

    def comparisons(self, source: str, names: Iterable[str]) -> dict[str, tuple[datetime, Compared]]:
        """By object: when all its records were last compared with the lake, and what differed."""
        found: dict[str, tuple[datetime, Compared]] = {}
        for name in names:
            pull = self.newest(source, name)
            if pull is not None and pull.compared is None and pull.swept_at is not None:
                path = f"{self.pages_folder(source, name)}/{pull_id(pull.swept_at)}.{PROOF}"
                pull = msgspec.json.decode(self._fs.cat_file(path), type=Manifest) if self._fs.exists(path) else None
            if pull is not None and pull.compared is not None:
                found[name] = pull.pulled_at, pull.compared
        return found

    def fields_ever(self, source: str, name: str) -> dict[str, str]:
        """Every field that the source ever listed for an object, with the type it had last."""
        return {field: kind for one in self.manifests(source=source, name=name) for field, kind in one.field_types.items()}

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
        reading: str | None = None,
        resume: Resume | None = None,
        fields_before: Mapping[str, str] | None = None,
    ) -> Manifest:
        """Keep one pull: pages and new versions as they stream, then, if all of it came, the manifest.

        With `reading`, a pull that breaks off leaves its proved part for `resume_point`; with `resume`, `pages` go on from there.
        """
        with self._alone(source, obj.name), self._draft(source, obj.name, resume, reading, window) as draft:
            landed = self.newest(source, obj.name)
            if landed is not None and landed.pulled_at >= pulled_at:
                return landed  # another process was faster
            landing = Landing(
                draft,
                source,
                obj,
                Newest(lambda: self.raw_files(source, obj.name)),
                pulled_at=pulled_at,
                run_id=run_id,
                window=window,
                cast=cast,
                started_at=self._clock(),
                reading=reading,
                resume=resume,
                fields_before=fields_before or {},
            )
            with collector_at_rest():
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

    def resume_point(self, source: str, name: str, reading: str, window: Window) -> Resume | None:
        """From where a broken try of this very pull may go on."""
        return resume_point(self._home / f"{source}.{name}.pull", reading, window)

    def kept(self, source: str, name: str, resume: Resume | None) -> Kept:
        """Where the pull that goes on from there, or begins, may keep files of its own."""
        return Kept(self._home / f"{source}.{name}.pull" / KEPT, resume.note if resume else "")

    def rebuild(self, source: str, obj: CrmObject, *, cast: Cast) -> int:
        """Make an object's raw files again from its pages, with today's catalogue; how many versions there are."""
        with self._alone(source, obj.name):
            return self._rebuild(source, obj, cast)

    def mend(self, source: str, obj: CrmObject, *, cast: Cast) -> None:
        """Take away what a killed run left, show what it had not shown yet, make again what is lost or of another catalogue."""
        with self._alone(source, obj.name):
            self._remove_what_does_not_count(source, obj.name)
            self._publish_the_rest(source, obj.name)
            if not self._is_whole(source, obj):
                self._rebuild(source, obj, cast)

    def _publish_the_rest(self, source: str, name: str) -> None:
        """Let readers see the versions of a run that was killed right behind its manifest, if they are still here."""
        path, newest = self._home / f"{source}.{name}.pull" / VERSIONS, self.newest(source, name)
        if newest is None or self.is_published(source, name) or not path.exists():
            return
        if sha256_of(path) == newest.versions_sha256:
            self._put(path, f"{self.raw_folder(source, name)}/{newest.pull_id}.{VERSIONS}")

    def _is_whole(self, source: str, obj: CrmObject) -> bool:
        """Whether the raw folder is of today's catalogue and not missing; reads no more than the newest files."""
        folder = self.raw_folder(source, obj.name)
        names = set(self._names(folder))
        if EMPTY not in names:
            return False
        schemas = [self._schema_of(f"{folder}/{one}") for one in {EMPTY, *_last(names)}]
        if not all(schema.equals(obj.raw_schema, check_metadata=True) for schema in schemas):
            return False
        newest = self.newest(source, obj.name)
        return newest is None or newest.records == 0 or (names != {EMPTY} and self.is_published(source, obj.name))

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
        with tempfile.TemporaryDirectory(dir=self._home, prefix=f"{source}.{obj.name}.rebuild.") as folder_of_draft:
            draft = Path(folder_of_draft)
            made = []
            for pull in pulls:
                newest.begin_pull()
                path = draft / f"{pull.pull_id}.parquet"
                writer = VersionWriter(path, source, obj, pulled_at=pull.pulled_at, run_id=pull.run_id, cast=cast, newest=newest)
                stem = f"{self.pages_folder(source, obj.name)}/{pull.pull_id}"
                for lines in batches(self._lines(f"{stem}.{PAGES}")):
                    writer.take([decoder.decode(line) for line in lines])
                buried = [msgspec.json.decode(line, type=Deletion) for line in self._lines(f"{stem}.{DELETED}")]
                writer.bury(buried)
                if not writer.close() and pull.versions + pull.deleted:
                    pq.write_table(obj.raw_schema.empty_table(), path)  # what it brought says nothing new any more
                if path.exists():
                    made.append(path)
                rows += writer.tally.versions + writer.tally.deleted
            for path in made:  # each in its place at once, and the newest last: readers see every pull all the time
                self._put(path, f"{folder}/{path.name}")
            for name in set(self._names(folder)) - {EMPTY, *(path.name for path in made)}:
                self._fs.rm_file(f"{folder}/{name}")
            self._write_schema(source, obj)
        return rows

    def _lines(self, path: str) -> Iterator[bytes]:
        """Lines of a zstd file; none if there is no file."""
        if not self._fs.exists(path):
            return
        with self._fs.open(path, "rb") as raw:
            yield from unpacked(raw)

    def _schema_of(self, path: str) -> pa.Schema:
        """The columns a file promises; a newer version of the code may know more."""
        with self._fs.open(path, "rb") as file:
            return pq.read_schema(file)

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
        """Move a complete pull to where it counts: what proves it first, then, with the manifest, what readers see of it."""
        pages = self.pages_folder(manifest.source, manifest.object)
        raw = self.raw_folder(manifest.source, manifest.object)
        self._fs.makedirs(pages, exist_ok=True)
        self._fs.makedirs(raw, exist_ok=True)
        (draft / PROOF).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        for name, folder in ((PAGES, pages), (DELETED, pages), (PROOF, pages), (VERSIONS, raw)):
            path = draft / name
            if path.exists():
                self._put(path, f"{folder}/{manifest.pull_id}.{name}")

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

    @property
    def _home(self) -> Path:
        """A local folder for pulls under way; that of a far lake stays on this machine, and so do its broken pulls."""
        name = hashlib.sha256(self.root.encode()).hexdigest()[:16]
        home = Path(self.root) / ".incoming" if self._is_local else Path(tempfile.gettempdir()) / f"quarterdeck-{name}"
        home.mkdir(mode=0o755 if self._is_local else 0o700, parents=True, exist_ok=True)
        return home

    @contextmanager
    def _draft(self, source: str, name: str, resume: Resume | None, reading: str | None, window: Window) -> Iterator[Path]:
        """A local folder for a pull under way; afterwards it is gone, unless a broken pull left something to go on from."""
        draft = self._home / f"{source}.{name}.pull"
        if resume is None:
            shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed, or that read something else
            draft.mkdir()
        elif resume_point(draft, reading or "", window) != resume:
            raise RetryLater(
                f"{source} {name}", asked="to go on with a broken pull", came="another run has taken it up", cure="run again"
            )
        try:
            yield draft
        except BaseException as fault:
            if not is_worth_keeping(draft, fault):
                shutil.rmtree(draft)
            raise
        shutil.rmtree(draft)

    @contextmanager
    def _alone(self, source: str, name: str) -> Iterator[None]:
        """Only one thread, and on one machine one process, lands an object at a time."""
        with self._locks_lock:
            lock = self._locks.setdefault((source, name), threading.Lock())
        with lock:
            handle = os.open(self._home / f"{source}.{name}.lock", os.O_CREAT | os.O_RDWR, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)


def _last(names: set[str]) -> list[str]:
    """The newest versions file, if there is one."""
    return sorted(name for name in names if name.endswith(".parquet") and name != EMPTY)[-1:]
