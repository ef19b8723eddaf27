"""From records to versions: typed rows of a raw table, without those that say nothing new.

What to add here: what makes a version a version (its hash, its order, its tombstone).
What belongs elsewhere: files, folders and manifests (`lake.py`), types (`values.py`), what is known already (`newest.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
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
from connectors.newest import GONE, GONE_PREFIX, Newest, hashed, microseconds
from connectors.texts import Texts, digests, hexed, plain_number, prefixes
from connectors.values import Caster, encoder

Cast = Callable[[Field, object], object]

BATCH = 8_000  # records that are cast at once
ROW_GROUP = 50_000  # versions that are written at once: memory stays flat whatever the size
UNLIKE = frozenset({"key", "modified_at", "record_hash"})  # columns whose values hardly ever repeat
SHAPES = 10_000  # shapes of records that are remembered


def naive(moment: datetime) -> datetime:
    """UTC without a zone, as the raw tables keep it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@dataclass(slots=True)
class Tally:
    """What one pull brought."""

    records: int = 0
    versions: int = 0
    deleted: int = 0
    unknown_fields: set[str] = field(default_factory=set)
    unparsed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Records of one batch as the raw table will hold them."""

    keys: list[str]
    moments: pa.Array  # when each of them changed
    cells: list[pa.Array]  # by field of the catalogue
    extra: pa.Array  # what the catalogue does not know, as JSON
    rest: pa.Array  # the same in the words that all ways of reading a record have in common
    unknown: list[tuple[str, ...]] | tuple[str, ...]  # names of what stands in `extra`, by record or for all
    errors: dict[int, dict[str, Any]]  # values that would not parse, by place and name

    def digests(self) -> npt.NDArray[np.uint8]:
        """What a version is recognised by: all that the raw table will say of it, however it was worded."""
        return digests([pa.array(self.keys, pa.string()), self.moments, *self.cells, self.rest, self.wrong()])

    def wrong(self) -> pa.Array:
        """Values that would not parse, as JSON."""
        if not self.errors:
            return pa.nulls(len(self.keys), pa.string())
        errors = self.errors
        return pa.array([encoder.encode(errors[i]).decode() if i in errors else None for i in range(len(self.keys))], pa.string())

    def only(self, places: npt.NDArray[np.int64]) -> _Rows:
        """The rows at these places."""
        if len(places) == len(self.keys):
            return self
        chosen, listed = pa.array(places), places.tolist()
        return replace(
            self,
            keys=[self.keys[i] for i in listed],
            moments=self.moments.take(chosen),
            cells=[cell.take(chosen) for cell in self.cells],
            extra=self.extra.take(chosen),
            rest=self.rest.take(chosen),
            unknown=self.unknown if isinstance(self.unknown, tuple) else [self.unknown[i] for i in listed],
            errors={now: self.errors[was] for now, was in enumerate(listed) if was in self.errors},
        )


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
        self._batches: list[pa.RecordBatch] = []
        self._buffered = 0

    def take(self, records: Sequence[Record] | Texts) -> None:
        """Records, as they came."""
        if isinstance(records, Texts):
            self._flush()
            self._keep(self._rows_of_texts(records))
            return
        self._records += records
        if len(self._records) >= BATCH:
            self._flush()

    def flush(self) -> None:
        """Make what was taken known: a look at what is held sees it now."""
        self._flush()

    def bury(self, deletions: Sequence[Deletion]) -> list[Deletion]:
        """Tombstones for what is known, alive and not changed after it was deleted; which ones were written."""
        self._flush()
        once = list({gone.key: gone for gone in deletions}.values())
        if not once:
            return []
        moments = [naive(gone.deleted_at) if gone.deleted_at else self._pulled_at for gone in once]
        modified = microseconds(pa.array(moments, pa.timestamp("us")))
        known = hashed([gone.key for gone in once])
        newest_modified, newest_hashes, found = self._newest.find(known)
        dies = found & (newest_hashes != GONE_PREFIX) & (newest_modified <= modified)
        buried = [gone for gone, is_dead in zip(once, dies, strict=True) if is_dead]
        if buried:
            keys = [gone.key for gone in buried]
            columns = self._frame(
                keys,
                pa.array([m for m, is_dead in zip(moments, dies, strict=True) if is_dead], pa.timestamp("us")),
                pa.repeat(pa.scalar(GONE), len(keys)),
                is_deleted=True,
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
        """Take in the waiting records."""
        records, self._records = self._records, []
        if records:
            self._keep(self._rows_of(records))

    def _keep(self, rows: _Rows) -> None:
        """Write those of the rows that say something new."""
        self.tally.records += len(rows.keys)
        hashes, known = rows.digests(), hashed(rows.keys)
        starts = prefixes(hashes)
        _, newest_hashes, found = self._newest.find(known)
        chosen = np.flatnonzero(~found | (newest_hashes != starts))
        if not len(chosen):
            return
        ordered = np.sort(known[chosen])
        if (ordered[1:] == ordered[:-1]).any():  # the same record more than once: each of its versions once
            once: dict[tuple[str, bytes], int] = {}
            for place in chosen.tolist():
                once.setdefault((rows.keys[place], hashes[place].tobytes()), place)
            chosen = np.fromiter(once.values(), dtype=np.int64)
        rows = rows.only(chosen)
        self._append_rows(rows, hexed(hashes[chosen]))
        self._newest.add(known[chosen], microseconds(rows.moments), starts[chosen])

    def _append_rows(self, rows: _Rows, hashes: pa.Array) -> None:
        """Keep these versions for the file, and count what is in them."""
        self.tally.versions += len(rows.keys)
        for names in [rows.unknown] if isinstance(rows.unknown, tuple) else set(rows.unknown):
            self.tally.unknown_fields.update(names)
        for wrong in rows.errors.values():
            for name in wrong:
                self.tally.unparsed[name] = self.tally.unparsed.get(name, 0) + 1
        columns = [*self._frame(rows.keys, rows.moments, hashes, is_deleted=False), *rows.cells, rows.extra, rows.wrong()]
        self._append(pa.RecordBatch.from_arrays(columns, schema=self._schema))

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
        raise self._keyless()

    def _keyless(self) -> ContractBroken:
        return ContractBroken(
            f"{self._source} {self._obj.name}",
            asked="records",
            came=f"a record without {self._obj.key}",
            cure="nothing of this pull is kept; check the object's key in the catalogue",
        )

    def _rows_of(self, records: list[Record]) -> _Rows:
        """Records as rows."""
        errors: dict[int, dict[str, Any]] = {}
        wanted = self._wanted()
        cells = [self._cells(f, values, errors) for f, values in zip(wanted, _columns(wanted, records), strict=True)]
        moments = self._moments(cells, len(records))
        extras = self._extras(records)
        if not any(extras):
            nothing = pa.nulls(len(records), pa.string())
            return _Rows(self._keys(records), moments, cells, nothing, nothing, (), errors)
        rests = [{name: _word(value) for name, value in extra.items()} for extra in extras]
        return _Rows(self._keys(records), moments, cells, _json(extras), _json(rests), [tuple(extra) for extra in extras], errors)

    def _rows_of_texts(self, texts: Texts) -> _Rows:
        """Records of an export as rows."""
        errors: dict[int, dict[str, Any]] = {}
        wanted = self._wanted()
        cells = [self._text_cells(f, texts.column(f.api_name), errors) for f in wanted]
        moments = self._moments(cells, len(texts))
        keys = texts.column(self._obj.key)
        if keys.null_count:
            raise self._keyless()
        unknown = [name for name in texts.names if name not in self._known and texts.column(name).null_count < len(texts)]
        extra, rest = texts.extras(unknown), texts.extras(unknown, numbers=True)
        return _Rows(keys.to_pylist(), moments, cells, extra, rest, tuple(unknown), errors)

    def _wanted(self) -> tuple[Field, ...]:
        """Fields that are cast: the moment of change first, if the object has one."""
        return (*([] if self._cursor is None else [self._cursor]), *self._obj.fields)

    def _moments(self, cells: list[pa.Array], count: int) -> pa.Array:
        """When each record changed, taken from the cells."""
        return pa.nulls(count, pa.timestamp("us")) if self._cursor is None else cells.pop(0)

    def _frame(self, keys: Sequence[str], moments: pa.Array, hashes: pa.Array, *, is_deleted: bool) -> list[pa.Array]:
        """The version's own columns."""
        count = len(keys)
        return [
            pa.array(keys, pa.string()),
            moments,
            pa.repeat(pa.scalar(self._pulled_at, pa.timestamp("us")), count),
            pa.repeat(pa.scalar(self._run_id, pa.string()), count),
            hashes,
            pa.repeat(pa.scalar(is_deleted), count),
        ]

    def _cells(self, column: Field, values: Sequence[Any], errors: dict[int, dict[str, Any]]) -> pa.Array:
        """One field of every record; a value that will not parse is null here and stands in `errors`."""
        if isinstance(self._cast, Caster) and (cells := self._cast.column(column.type, values)) is not None:
            return cells
        return pa.array(self._one_by_one(column, values, errors), ARROW_TYPES[column.type])

    def _text_cells(self, column: Field, texts: pa.Array, errors: dict[int, dict[str, Any]]) -> pa.Array:
        """One field of every record of an export."""
        if isinstance(self._cast, Caster) and (cells := self._cast.texts(column.type, texts)) is not None:
            return cells
        return pa.array(self._one_by_one(column, texts.to_pylist(), errors), ARROW_TYPES[column.type])

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
        return cells

    def _extras(self, records: list[Record]) -> list[Record]:
        """What the catalogue does not know of each record."""
        unknown_of, known = self._unknown_of, self._known
        extras: list[Record] = []
        for record in records:
            shape = tuple(record)
            unknown = unknown_of.get(shape)
            if unknown is None:
                if len(unknown_of) > SHAPES:
                    unknown_of.clear()
                unknown = unknown_of[shape] = tuple(key for key in shape if key not in known)
            extras.append({key: value for key in unknown if (value := record[key]) is not None})
        return extras

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
            repeated = [name for name in self._schema.names if name not in UNLIKE]
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd", use_dictionary=repeated)
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


def _json(records: Sequence[Record]) -> pa.Array:
    """Records as JSON; null for one that is empty."""
    lines = encoder.encode_lines(records).decode().split("\n")[:-1]
    return pa.array([None if line == "{}" else line for line in lines], pa.string())


def _word(value: Any) -> Any:
    """A value that the catalogue does not know, as an export would write it: ids of look-ups, numbers as short as they get."""
    if type(value) is str:
        return plain_number(value) if value[-1:] == "0" else value
    if isinstance(value, dict) and isinstance(value.get("id"), str | int):
        return str(value["id"])
    if isinstance(value, bool | dict | list):
        return encoder.encode(value).decode()
    if isinstance(value, Decimal) and value.is_finite():
        return plain_number(format(value, "f"))
    return str(value)
