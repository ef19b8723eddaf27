"""What is known of an object before and during a pull: the newest version of each key, held in 24 bytes.

What to add here: what else has to be known of a key to tell whether a record says something new.
What belongs elsewhere: what a version is and how it is written (`versions.py`), where the files lie (`lake`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

GONE = "f" * 32  # record_hash of a tombstone; sorts behind every record of the same moment
GONE_PREFIX = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
ROWS = 50_000  # versions that are looked at once: memory stays flat whatever the size
NEVER = np.iinfo(np.int64).min


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
            for batch in file.iter_batches(ROWS, columns=["key", "modified_at", "record_hash"]):
                keys, modified, hashes = (batch.column(name) for name in ("key", "modified_at", "record_hash"))
                parts.append(_run(keys.to_pylist(), microseconds(modified), hashes.to_pylist()))
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

    def add(self, keys: npt.NDArray[np.int64], modified: npt.NDArray[np.int64], hashes: npt.NDArray[np.uint64]) -> None:
        """Versions of the pull that is under way."""
        run = _last_of(_Run(keys, modified, hashes))
        while self._runs and len(self._runs[-1].keys) < 2 * len(run.keys):
            run = _last_of(_joined([self._runs.pop(), run]))
        self._runs.append(run)


def hashed(keys: Sequence[object]) -> npt.NDArray[np.int64]:
    """Keys as 64-bit hashes; the same within one process."""
    return np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys))


def prefixes_of(hashes: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The first 64 bits of record hashes that are text, in the same order as the hashes themselves."""
    return np.frombuffer(bytes.fromhex("".join([text[:16] for text in hashes])), dtype=">u8").astype(np.uint64)


def microseconds(column: pa.Array) -> npt.NDArray[np.int64]:
    """Moments as numbers."""
    return np.asarray(column.cast(pa.int64()).fill_null(int(NEVER)).to_numpy(zero_copy_only=False), dtype=np.int64)


def _run(keys: Sequence[str], modified: npt.NDArray[np.int64], hashes: Sequence[str]) -> _Run:
    return _Run(hashed(keys), modified, prefixes_of(hashes))


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


def keys_of(files: Iterable[pq.ParquetFile], wanted: npt.NDArray[np.int64]) -> list[str]:
    """The keys, as text, that have one of these hashes."""
    found: dict[str, None] = {}
    for file in files:
        for batch in file.iter_batches(ROWS, columns=["key"]):
            keys = batch.column("key").to_pylist()
            found.update((keys[i], None) for i in np.flatnonzero(np.isin(hashed(keys), wanted)).tolist())
    return list(found)
