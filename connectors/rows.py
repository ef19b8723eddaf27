"""Records of one batch, column by column, as the raw table will hold them; what the catalogue does not know as JSON.

What to add here: what is done to a column of records, whatever its field means.
What belongs elsewhere: values in our types (`values.py`), what a version is and how it is written (`versions.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.alike import Column
from connectors.client import Record
from connectors.texts import Texts, digests
from connectors.values import empty_as_null, encoder, types_of


@dataclass(frozen=True, slots=True)
class Rows:
    """Records of one batch as the raw table will hold them."""

    keys: list[str]
    moments: pa.Array  # when each of them changed
    cells: list[pa.Array]  # by field of the catalogue
    extra: pa.Array  # what the catalogue does not know, as JSON
    rest: pa.Array  # the same in the words that all ways of reading a record have in common
    unknown: list[str]  # names of what stands in `extra`
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

    def only(self, places: npt.NDArray[np.int64]) -> Rows:
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
            errors={now: self.errors[was] for now, was in enumerate(listed) if was in self.errors},
        )


def columns_of(names: Sequence[str], records: Sequence[Record], shapes: Iterable[tuple[str, ...]]) -> list[Sequence[Any]]:
    """The values of each field, one column after the other; None where a record has none. `shapes` are all their keys."""
    everywhere = set.intersection(*map(set, shapes))
    somewhere = set(chain.from_iterable(shapes))
    sure = [name for name in names if name in everywhere]
    found: dict[str, Sequence[Any]] = {}
    if len(sure) > 1:
        found = dict(zip(sure, zip(*map(itemgetter(*sure), records), strict=True), strict=True))
    nothing = (None,) * len(records)
    for name in names:
        if name not in found:
            found[name] = [record.get(name) for record in records] if name in somewhere else nothing
    return [found[name] for name in names]


def unknown_of(columns: Mapping[str, Column], count: int) -> tuple[pa.Array, pa.Array, list[str]]:
    """Fields that the catalogue does not know: as JSON, in the words that exports have too, and which there are."""
    names, cells, words, bare = [], [], [], set()
    for name, column in columns.items():
        values, types = column.values, types_of(column.values) if column.types is None else column.types
        if not types or (column.types is not None and values[0] is None and values.count(None) == count):
            continue
        if types == {str}:
            cells.append(pa.array(values, pa.string()))
            words.append(empty_as_null(cells[-1]))
        else:
            bare.add(name)
            cells.append(_as_json(values, types))
            words.append(cells[-1] if types <= {int, bool} else pa.array([_word(value) for value in values], pa.string()))
        names.append(name)
    if not names:
        nothing = pa.nulls(count, pa.string())
        return nothing, nothing, names
    extra = Texts(pa.RecordBatch.from_arrays(cells, names=names), frozenset(bare))
    return extra.extras(), Texts(pa.RecordBatch.from_arrays(words, names=names)).worded().extras(), names


def _as_json(values: Sequence[Any], types: Collection[type]) -> pa.Array:
    """Values as JSON; null where there is none."""
    if types == {bool}:
        return pa.array(values, pa.bool_()).cast(pa.string())
    return pa.array([None if value is None else encoder.encode(value).decode() for value in values], pa.string())


def _word(value: Any) -> str | None:
    """A value as an export would write it: look-ups as their ids, all else as JSON, texts as they are."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, dict) and isinstance(value.get("id"), str | int):
        return str(value["id"])
    return format(value, "f") if isinstance(value, Decimal) else encoder.encode(value).decode()
