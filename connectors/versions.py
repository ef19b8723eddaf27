"""From records to versions: typed rows of a raw table, without those that say nothing new.

What to add here: what makes a version a version (its hash, its order, its tombstone).
What belongs elsewhere: files, folders and manifests (`lake`), types (`values.py`), what is known already (`newest.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.alike import Alike, Column, Gathered
from connectors.catalogue import ARROW_TYPES, CrmObject, Field, FieldType
from connectors.client import Deletion, Record
from connectors.faults import ContractBroken
from connectors.lines import BATCH
from connectors.newest import GONE, GONE_PREFIX, Newest, hashed, microseconds
from connectors.rows import Rows, columns_of, unknown_of
from connectors.texts import Texts, hexed, prefixes
from connectors.values import Caster, encoder

Cast = Callable[[Field, object], object]

ROW_GROUP = 50_000  # versions that are written at once: memory stays flat whatever the size
UNLIKE = frozenset({"key", "modified_at", "record_hash"})  # columns whose values hardly ever repeat


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
        self._writer: pq.ParquetWriter | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self._records: list[Record] = []
        self._gathered: Gathered | None = None
        self._batches: list[pa.RecordBatch] = []
        self._buffered = 0

    def take(self, records: Sequence[Record] | Texts) -> None:
        """Records, as they came."""
        if isinstance(records, Texts):
            self._flush()
            self._keep(self._rows_of_texts(records))
            return
        if isinstance(records, Alike):
            if self._records or self._gathered is None or self._gathered.shape is not records.shape:
                self._flush()
                self._gathered = Gathered(records.shape)
            self._gathered.add(records)
            if self._gathered.count >= BATCH:
                self._flush()
            return
        if self._gathered is not None:
            self._flush()
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
        gathered, self._gathered = self._gathered, None
        if records:
            self._keep(self._rows_of(records))
        if gathered is not None:
            self._keep(self._rows_gathered(gathered))

    def _keep(self, rows: Rows) -> None:
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

    def _append_rows(self, rows: Rows, hashes: pa.Array) -> None:
        """Keep these versions for the file, and count what is in them."""
        self.tally.versions += len(rows.keys)
        self.tally.unknown_fields.update(rows.unknown)
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

    def _rows_of(self, records: list[Record]) -> Rows:
        """Records as rows."""
        shapes = set(map(tuple, records))
        wanted = [f.api_name for f in self._wanted()]
        unknown = [name for name in dict.fromkeys(chain.from_iterable(shapes)) if name not in self._known]
        columns = [Column(values) for values in columns_of([*wanted, *unknown], records, shapes)]
        rest = dict(zip(unknown, columns[len(wanted) :], strict=True))
        return self._rows_from(self._keys(records), columns[: len(wanted)], rest)

    def _rows_gathered(self, gathered: Gathered) -> Rows:
        """Records of one shape as rows."""
        keys = gathered.column(self._obj.key).values
        if "" in keys:
            raise self._keyless()
        unknown = {name: gathered.column(name) for name in gathered.shape.slots if name not in self._known}
        return self._rows_from(list(keys), [gathered.column(f.api_name) for f in self._wanted()], unknown)

    def _rows_from(self, keys: list[str], wanted: Sequence[Column], unknown: Mapping[str, Column]) -> Rows:
        """Rows from the columns that are cast, and those that the catalogue does not know."""
        errors: dict[int, dict[str, Any]] = {}
        cells = [self._cells(f, column, errors) for f, column in zip(self._wanted(), wanted, strict=True)]
        moments = self._moments(cells, len(keys))
        extra, rest, named = unknown_of(unknown, len(keys))
        return Rows(keys, moments, cells, extra, rest, named, errors)

    def _rows_of_texts(self, texts: Texts) -> Rows:
        """Records of an export as rows."""
        errors: dict[int, dict[str, Any]] = {}
        cells = [self._text_cells(f, texts.column(f.api_name), errors) for f in self._wanted()]
        moments = self._moments(cells, len(texts))
        keys = texts.column(self._obj.key)
        if keys.null_count:
            raise self._keyless()
        empty = {name for name in texts.names if texts.column(name).null_count == len(texts)}
        unknown = texts.without(self._known | empty)
        if not unknown.names:
            nothing = pa.nulls(len(texts), pa.string())
            return Rows(keys.to_pylist(), moments, cells, nothing, nothing, [], errors)
        return Rows(keys.to_pylist(), moments, cells, unknown.extras(), unknown.worded().extras(), unknown.names, errors)

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

    def _cells(self, field: Field, column: Column, errors: dict[int, dict[str, Any]]) -> pa.Array:
        """One field of every record; a value that will not parse is null here and stands in `errors`."""
        if isinstance(self._cast, Caster) and (cells := self._cast.column(field.type, column.values, column.types)) is not None:
            return cells
        return pa.array(self._one_by_one(field, column.values, errors), ARROW_TYPES[field.type])

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
