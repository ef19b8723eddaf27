"""From records to versions: typed rows of a raw table, without those that say nothing new.

What to add here: what makes a version a version (its hash, its order, its tombstone).
What belongs elsewhere: files, folders and manifests (`lake.py`), types (`values.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import ARROW_TYPES, CrmObject, Field, FieldType
from connectors.client import Deletion, Record
from connectors.faults import ContractBroken
from connectors.values import Caster, encoder

Cast = Callable[[Field, object], object]

GONE = "f" * 32  # record_hash of a tombstone; sorts behind every record of the same moment
BATCH = 8_000  # records that are cast at once
ROW_GROUP = 50_000  # versions that are written at once: memory stays flat whatever the size
SHAPES = 10_000  # shapes of records that are remembered
NEVER = np.iinfo(np.int64).min


def record_hash(line: bytes) -> str:
    """What a version is recognised by: 128 bits of its canonical JSON."""
    return blake2b(line, digest_size=16).hexdigest()


def naive(moment: datetime) -> datetime:
    """UTC without a zone, as the raw tables keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@dataclass(slots=True)
class _Run:
    """Newest versions by key: three arrays, sorted by key; 24 bytes a key."""

    keys: npt.NDArray[np.int64]
    modified: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]


class Newest:
    """The newest version of each key, in the order that readers use: pull, moment of change, record_hash.

    Keys are held as 64-bit hashes. Should two keys ever share one, a version is kept twice; none is ever dropped for it,
    since the record hash covers the key as well.
    """

    def __init__(self, files: Callable[[], Iterable[pq.ParquetFile]] = tuple) -> None:
        """What the raw files of one object say, oldest pull first; they are read when first asked about."""
        self.files = files
        self._is_loaded = False
        self._base: _Run | None = None
        self._runs: list[_Run] = []

    def _load(self) -> None:
        """Read the files, once."""
        if self._is_loaded:
            return
        self._is_loaded = True
        parts: list[_Run] = []
        pulls: list[npt.NDArray[np.int64]] = []
        for number, file in enumerate(self.files()):
            for batch in file.iter_batches(ROW_GROUP, columns=["key", "modified_at", "record_hash"]):
                keys, modified, hashes = (batch.column(name) for name in ("key", "modified_at", "record_hash"))
                parts.append(_run(keys.to_pylist(), _microseconds(modified), hashes.to_pylist()))
                pulls.append(np.full(len(keys), number, dtype=np.int64))
        if parts:
            self._base = _last_of(_joined(parts), np.concatenate(pulls))

    def begin_pull(self) -> None:
        """What was added so far belongs to earlier pulls, and a later pull's version wins whatever its moment."""
        runs = [*([] if self._base is None else [self._base]), *self._runs]
        if self._runs:
            ages = [np.full(len(run.keys), int(run is not self._base), dtype=np.int64) for run in runs]
            self._base, self._runs = _last_of(_joined(runs), np.concatenate(ages)), []

    def find(self, wanted: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
        """Moment and hash of the newest version of each (hashed) key, and whether there is one."""
        self._load()
        modified = np.full(len(wanted), NEVER)
        hashes = np.zeros(len(wanted), dtype=np.uint64)
        found = np.zeros(len(wanted), dtype=np.bool_)
        in_this_pull = np.zeros(len(wanted), dtype=np.bool_)
        if self._base is not None:
            _look_up(self._base, wanted, modified, hashes, found)
        for run in self._runs:
            its_modified, its_hashes, its_found = np.full_like(modified, NEVER), np.zeros_like(hashes), np.zeros_like(found)
            _look_up(run, wanted, its_modified, its_hashes, its_found)
            later = (its_modified > modified) | ((its_modified == modified) & (its_hashes >= hashes))
            wins = its_found & (~in_this_pull | later)
            modified[wins], hashes[wins] = its_modified[wins], its_hashes[wins]
            found |= its_found
            in_this_pull |= its_found
        return modified, hashes, found

    def alive(self) -> npt.NDArray[np.int64]:
        """Hashes of the keys that were alive before this pull."""
        self._load()
        return np.empty(0, np.int64) if self._base is None else self._base.keys[self._base.hashes != GONE_PREFIX]

    def add(
        self, keys: npt.NDArray[np.int64], modified: npt.NDArray[np.int64], hashes: npt.NDArray[np.uint64]
    ) -> None:
        """Versions of the pull that is under way."""
        run = _last_of(_Run(keys, modified, hashes))
        while self._runs and len(self._runs[-1].keys) < 2 * len(run.keys):
            run = _last_of(_joined([self._runs.pop(), run]))
        self._runs.append(run)


def hashed(keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Keys as 64-bit hashes; the same within one process."""
    return np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys))


def _prefixes(hashes: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The first 64 bits of record hashes, in the same order as the hashes themselves."""
    return np.frombuffer(bytes.fromhex("".join([text[:16] for text in hashes])), dtype=">u8").astype(np.uint64)


def _microseconds(column: pa.Array) -> npt.NDArray[np.int64]:
    return np.asarray(column.cast(pa.int64()).fill_null(int(NEVER)).to_numpy(zero_copy_only=False), dtype=np.int64)


def _run(keys: Sequence[str], modified: npt.NDArray[np.int64], hashes: Sequence[str]) -> _Run:
    return _Run(hashed(keys), modified, _prefixes(hashes))


def _joined(runs: Sequence[_Run]) -> _Run:
    return _Run(
        np.concatenate([run.keys for run in runs]),
        np.concatenate([run.modified for run in runs]),
        np.concatenate([run.hashes for run in runs]),
    )


def _last_of(run: _Run, pulls: npt.NDArray[np.int64] | None = None) -> _Run:
    """One version per key: the last by pull, moment of change, hash."""
    order = np.argsort(run.keys, kind="stable")  # quick where it is made of sorted runs, and most keys come once
    keys = run.keys[order]
    if (keys[1:] == keys[:-1]).any():
        order = np.lexsort((run.hashes, run.modified, *([] if pulls is None else [pulls]), run.keys))
        keys = run.keys[order]
    last = order[np.append(keys[1:] != keys[:-1], True)] if len(keys) else order
    return _Run(run.keys[last], run.modified[last], run.hashes[last])


def _look_up(
    run: _Run,
    wanted: npt.NDArray[np.int64],
    modified: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    found: npt.NDArray[np.bool_],
) -> None:
    """Fill in what `run` knows of the wanted keys."""
    place = np.searchsorted(run.keys, wanted)
    place[place == len(run.keys)] = 0
    hit = run.keys[place] == wanted
    modified[hit], hashes[hit] = run.modified[place[hit]], run.hashes[place[hit]]
    found |= hit


GONE_PREFIX = _prefixes([GONE])[0]


@dataclass(slots=True)
class Tally:
    """What one pull brought."""

    records: int = 0
    versions: int = 0
    deleted: int = 0
    unknown_fields: set[str] = field(default_factory=set)
    unparsed: dict[str, int] = field(default_factory=dict)


class VersionWriter:
    """Writes the new versions among the records of one pull to one Parquet file."""

    def __init__(
        self, path: Path, source: str, obj: CrmObject, *, pulled_at: datetime, run_id: str, cast: Cast, newest: Newest
    ) -> None:
        """Nothing is written before the first record that says something new."""
        self.tally = Tally()
        self._path = path
        self._source = source
        self._obj = obj
        self._pulled_at = naive(pulled_at)
        self._run_id = run_id
        self._cast = cast
        self._newest = newest
        self._schema = obj.raw_schema
        self._cursor = None if obj.cursor is None else Field("modified_at", obj.cursor, FieldType.TIMESTAMP)
        self._known = {f.api_name for f in obj.fields} | {obj.key} | ({obj.cursor} if obj.cursor else set())
        self._unknown_of: dict[tuple[str, ...], tuple[str, ...]] = {}  # by a record's keys: an object has few such shapes
        self._writer: pq.ParquetWriter | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self._records: list[Record] = []
        self._lines: list[bytes] = []
        self._batches: list[pa.RecordBatch] = []
        self._buffered = 0

    def take(self, records: Sequence[Record], lines: Sequence[bytes]) -> None:
        """Records with their canonical lines."""
        self._records += records
        self._lines += lines
        if len(self._records) >= BATCH:
            self._flush()

    def bury(self, deletions: Sequence[Deletion]) -> list[Deletion]:
        """Tombstones for what is known, alive and not changed after it was deleted; which ones were written."""
        self._flush()
        once = list({gone.key: gone for gone in deletions}.values())
        if not once:
            return []
        moments = [naive(gone.deleted_at) if gone.deleted_at else self._pulled_at for gone in once]
        modified = _microseconds(pa.array(moments, pa.timestamp("us")))
        known = hashed([gone.key for gone in once])
        newest_modified, newest_hashes, found = self._newest.find(known)
        dies = found & (newest_hashes != GONE_PREFIX) & (newest_modified <= modified)
        buried = [gone for gone, is_dead in zip(once, dies, strict=True) if is_dead]
        if buried:
            keys = [gone.key for gone in buried]
            columns = self._frame(
                keys, [m for m, is_dead in zip(moments, dies, strict=True) if is_dead], [GONE] * len(keys), True
            )
            nothing = [pa.nulls(len(keys), self._schema.field(i).type) for i in range(len(columns), len(self._schema))]
            self._append(pa.RecordBatch.from_arrays([*columns, *nothing], schema=self._schema))
            self._newest.add(known[dies], modified[dies], np.full(len(keys), GONE_PREFIX))
            self.tally.deleted += len(buried)
        return buried

    def close(self) -> bool:
        """Whether there is a file now."""
        self._flush()
        self._write()
        if self._pool is not None:
            self._written()
            self._pool.shutdown()
        if self._writer is not None:
            self._writer.close()
        return self._writer is not None

    def _flush(self) -> None:
        """Cast and keep the waiting records that say something new."""
        records, lines = self._records, self._lines
        self._records, self._lines = [], []
        if not records:
            return
        self.tally.records += len(records)
        keys = self._keys(records)
        hashes = [record_hash(line) for line in lines]
        known, prefixes = hashed(keys), _prefixes(hashes)
        _, newest_hashes, found = self._newest.find(known)
        is_new = ~found | (newest_hashes != prefixes)
        if not is_new.any():
            return
        chosen = np.flatnonzero(is_new)
        if len(np.unique(known[chosen])) < len(chosen):  # the same record more than once: each of its versions once
            once: dict[tuple[str, str], int] = {}
            for place in chosen.tolist():
                once.setdefault((keys[place], hashes[place]), place)
            chosen = np.fromiter(once.values(), dtype=np.int64)
        if len(chosen) < len(records):
            places = chosen.tolist()
            records, keys, hashes = ([column[i] for i in places] for column in (records, keys, hashes))
            known, prefixes = known[chosen], prefixes[chosen]
        self.tally.versions += len(records)
        modified = self._add(records, keys, hashes)
        self._newest.add(known, modified, prefixes)

    def _keys(self, records: list[Record]) -> list[str]:
        """The records' own keys, as text."""
        keys = [record.get(self._obj.key) for record in records]
        if set(map(type, keys)) == {str} and "" not in keys:
            return keys
        return [self._key(record) for record in records]

    def _key(self, record: Record) -> str:
        """The record's own key, as text."""
        key = record.get(self._obj.key)
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        if isinstance(key, str) and key:
            return key
        raise ContractBroken(
            f"{self._source} {self._obj.name}",
            asked="records",
            came=f"a record without {self._obj.key}",
            cure="nothing of this pull is kept; check the object's key in the catalogue",
        )

    def _add(self, records: list[Record], keys: list[str], hashes: list[str]) -> npt.NDArray[np.int64]:
        """Write these versions; when they changed, in microseconds."""
        errors: dict[int, dict[str, Any]] = {}
        nothing = [None] * len(records)
        wanted = (*([] if self._cursor is None else [self._cursor]), *self._obj.fields)
        cells = [self._cells(f, values, errors) for f, values in zip(wanted, _columns(wanted, records), strict=True)]
        moments = nothing if self._cursor is None else cells.pop(0)
        columns = [*self._frame(keys, moments, hashes, False), *cells, pa.array(self._extras(records), pa.string())]
        wrong = [encoder.encode(errors[i]).decode() if i in errors else None for i in range(len(records))] if errors else nothing
        columns.append(pa.array(wrong, pa.string()))
        self._append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        return _microseconds(columns[1])

    def _frame(self, keys: Sequence[str], moments: Any, hashes: Sequence[str], is_deleted: bool) -> list[pa.Array]:
        """The version's own columns."""
        count = len(keys)
        return [
            pa.array(keys, pa.string()),
            moments if isinstance(moments, pa.Array) else pa.array(moments, pa.timestamp("us")),
            pa.repeat(pa.scalar(self._pulled_at, pa.timestamp("us")), count),
            pa.repeat(pa.scalar(self._run_id, pa.string()), count),
            pa.array(hashes, pa.string()),
            pa.repeat(pa.scalar(is_deleted), count),
        ]

    def _cells(self, column: Field, values: Sequence[Any], errors: dict[int, dict[str, Any]]) -> pa.Array:
        """One field of every record; a value that will not parse is null here and stands in `errors`."""
        if isinstance(self._cast, Caster) and (cells := self._cast.column(column.type, values)) is not None:
            return cells
        return pa.array(self._one_by_one(column, values, errors), ARROW_TYPES[column.type])

    def _one_by_one(self, column: Field, values: Sequence[Any], errors: dict[int, dict[str, Any]]) -> list[Any]:
        """Cells of one field, each looked at by itself."""
        cast = self._cast
        cells: list[Any] = []
        for place, value in enumerate(values):
            if value is None:
                cells.append(None)
                continue
            try:
                cells.append(cast(column, value))
            except ValueError:
                cells.append(None)
                errors.setdefault(place, {})[column.name] = value if isinstance(value, str) else encoder.encode(value).decode()
                self.tally.unparsed[column.name] = self.tally.unparsed.get(column.name, 0) + 1
        return cells

    def _extras(self, records: list[Record]) -> list[str | None]:
        """What the catalogue does not know of each record, as JSON."""
        unknown_of, known, named = self._unknown_of, self._known, self.tally.unknown_fields
        extras: list[Record] = []
        for record in records:
            shape = tuple(record)
            unknown = unknown_of.get(shape)
            if unknown is None:
                if len(unknown_of) > SHAPES:
                    unknown_of.clear()
                unknown = unknown_of[shape] = tuple(key for key in shape if key not in known)
            extra = {key: value for key in unknown if (value := record[key]) is not None}
            if extra and not named.issuperset(extra):
                named.update(extra)
            extras.append(extra)
        if not any(extras):
            return [None] * len(records)
        return [None if text == "{}" else text for text in encoder.encode_lines(extras).decode().split("\n")[:-1]]

    def _append(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._buffered += batch.num_rows
        if self._buffered >= ROW_GROUP:
            self._write()

    def _write(self) -> None:
        """Turn what is buffered into one row group."""
        if not self._batches:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        table = pa.Table.from_batches(self._batches, self._schema)
        self._batches, self._buffered = [], 0
        if table.num_rows < ROW_GROUP:
            self._written()
            self._writer.write_table(table)
            return
        if self._pool is None:  # compression needs no interpreter: the next records are read meanwhile
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="parquet")
        self._written()
        self._writing = self._pool.submit(self._writer.write_table, table)

    def _written(self) -> None:
        """Wait for the row group that is being written."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None


def _columns(wanted: Sequence[Field], records: Sequence[Record]) -> list[Sequence[Any]]:
    """The values of each field, one column after the other; None where a record has none."""
    names = [column.api_name for column in wanted]
    if len(names) > 1:
        try:
            return list(zip(*map(itemgetter(*names), records), strict=True))
        except KeyError:
            pass
    return [[record.get(name) for record in records] for name in names]


def keys_of(files: Iterable[pq.ParquetFile], wanted: npt.NDArray[np.int64]) -> list[str]:
    """The keys, as text, that have one of these hashes."""
    found: dict[str, None] = {}
    for file in files:
        for batch in file.iter_batches(ROW_GROUP, columns=["key"]):
            keys = batch.column("key").to_pylist()
            found.update((keys[i], None) for i in np.flatnonzero(np.isin(hashed(keys), wanted)).tolist())
    return list(found)
