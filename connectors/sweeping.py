"""A look at every record that exists, held against what the lake holds: what it lacks, what is dead or old in it, what vanished.

What to add here: another way in which the lake may differ from its source.
What belongs elsewhere: how a source lists what exists (`zoho`, `fxiaoke`), what becomes of a difference (`landing.py`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import numpy as np
import numpy.typing as npt

from connectors.catalogue import CrmObject
from connectors.client import Finding, Page, Record, Sight
from connectors.newest import GONE_PREFIX, NEVER, Newest, hashed
from connectors.values import as_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Ints = npt.NDArray[np.int64]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """How many records differed between source and lake when all of them were last compared."""

    seen: int  # records that exist in the source
    held: int  # records that were alive in the lake before this pull
    lacking: int = 0  # exist, and the lake had never heard of them: read by their keys
    dead: int = 0  # exist, and the lake held them for deleted: read by their keys
    stale: int = 0  # exist, and the lake held an older state: read by their keys
    vanished: int = 0  # alive in the lake, and gone without a word: deleted now
    disbelieved: int = 0  # would have vanished, were it not so many at once: left as they were

    @property
    def differs(self) -> bool:
        """Whether anything did."""
        return bool(self.lacking or self.dead or self.stale or self.vanished or self.disbelieved)

    def __str__(self) -> str:
        """In one line, for people."""
        found = {
            "the lake had never seen": self.lacking,
            "it held for deleted": self.dead,
            "it held as they were before": self.stale,
            "vanished": self.vanished,
            "seem to have vanished, too many at once to be believed": self.disbelieved,
        }
        told = ", ".join(f"{count:,} {words}" for words, count in found.items() if count) or "no difference"
        return f"{self.seen:,} exist, {self.held:,} were held: {told}"


def findings(source: str, last: Mapping[str, tuple[datetime, Compared]]) -> list[Finding]:
    """What the last comparisons found different, object by object; one line for all that did not differ."""
    if not last:
        return [Finding(f"{source} records", is_good=True, says="not compared with the lake yet")]
    found = [
        Finding(
            f"{source} {name}",
            is_good=not compared.disbelieved,
            says=f"compared on {at:%Y-%m-%d}: {compared}",
            cure="look whether the API user lost rights; if truly gone, raise vanishing_limit in company.yaml for a night",
        )
        for name, (at, compared) in sorted(last.items())
        if compared.differs
    ]
    equal = [at for at, compared in last.values() if not compared.differs]
    if equal:
        says = f"{len(equal)} kinds compared with the lake, no difference; the oldest on {min(equal):%Y-%m-%d}"
        found.append(Finding(f"{source} records", is_good=True, says=says))
    return found


@dataclass(frozen=True, slots=True)
class Sweep:
    """A look at all that exists, and a second one at some of it, by key."""

    everything: Callable[[], Iterable[Sight]]
    again: Callable[[Sequence[str]], Iterator[Page]]
    is_due: bool = True  # else it is kept for the case that deletions cannot be listed


@dataclass(slots=True)
class Sighted:
    """What a look at everything showed."""

    keys: array[int] = field(default_factory=lambda: array("q"))  # hashes
    lacking: set[str] = field(default_factory=set)  # a source may show a record more than once
    dead: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)

    def array(self) -> Ints:
        """The keys seen, hashed."""
        return np.frombuffer(self.keys, np.int64) if self.keys else np.empty(0, np.int64)


def sighted(obj: CrmObject, sights: Iterable[Sight], newest: Newest, end: datetime) -> Sighted:
    """All records that exist; those that changed at or after `end` are the next pull's, and differ from nothing."""
    found, before = Sighted(), _micros(end)
    held: dict[str, tuple[Ints, Ints]] = {}
    for sight in sights:
        keys = hashed(sight.keys)
        found.keys.extend(keys.tolist())
        moments = np.fromiter((_micros(moment) for moment in sight.moments), np.int64, len(keys))
        modified, hashes, is_known = newest.find(keys)
        is_dead = is_known & (hashes == GONE_PREFIX)
        is_stale = is_known & ~is_dead & (modified != moments)
        for name, values in sight.states.items():
            if name not in held:
                held[name] = _held(newest, obj, name)
            is_stale |= is_known & ~is_dead & _differs(held[name], keys, values)
        for names, which in ((found.lacking, ~is_known), (found.dead, is_dead), (found.stale, is_stale)):
            names.update(sight.keys[place] for place in np.flatnonzero(which & (moments < before)).tolist())
    return found


def told(rows: Sequence[Record], names: Sequence[str]) -> dict[str, list[str | None]]:
    """Ids under these names, for those that a page tells at all: a projection that was dropped is no change."""
    return {name: [_id_of(row.get(name)) for row in rows] for name in names if any(row.get(name) for row in rows)}


def _id_of(value: object) -> str | None:
    """The id of a look-up; None where none can be read."""
    try:
        return as_id(value)
    except ValueError:
        return None


def _held(newest: Newest, obj: CrmObject, api_name: str) -> tuple[Ints, Ints]:
    """Keys and hashed values of one field in the newest versions that earlier pulls brought, sorted by key."""
    column = next((one.name for one in obj.fields if one.api_name == api_name), None)
    keys, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for file in newest.files() if column else ():
        for batch in file.iter_batches(columns=["key", "record_hash", column]):
            its = hashed(batch.column("key").to_pylist())
            hashes = np.array([int(text[:16], 16) for text in batch.column("record_hash").to_pylist()], np.uint64)
            is_newest = newest.find(its)[1] == hashes
            keys.append(its[is_newest])
            values.append(hashed([value or None for value in batch.column(column).to_pylist()])[is_newest])
    joined, said = np.concatenate(keys), np.concatenate(values)
    order = np.argsort(joined, kind="stable")
    return joined[order], said[order]


def _differs(held: tuple[Ints, Ints], keys: Ints, values: Sequence[object]) -> npt.NDArray[np.bool_]:
    """Where the lake holds another value; what this very pull brought is no older than the look."""
    known, said = held
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    place = np.searchsorted(known, keys)
    place[place == len(known)] = 0
    told = np.fromiter((hash(value or None) for value in values), np.int64, len(keys))
    return (known[place] == keys) & (said[place] != told)


def _micros(moment: datetime | None) -> int:
    """Microseconds since 1970."""
    return int(NEVER) if moment is None else (moment - EPOCH) // datetime.resolution
