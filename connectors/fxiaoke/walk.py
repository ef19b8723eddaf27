"""Walking the rows of a window: by `_id`, in parts of time side by side where there are many, until nothing is missing.

What to add here: a way in which a walk may lack rows, and what proves that it does not.
What belongs elsewhere: how pages are asked for (`queries.py`), which objects are walked (`connection.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from connectors.alike import Reader
from connectors.catalogue import CrmObject
from connectors.client import Client, Record, Window
from connectors.faults import RetryLater
from connectors.fxiaoke.queries import LIMIT, LOOKS, Queries, condition, inside, total_of
from connectors.fxiaoke.rows import FRAME, check_inside, column, fate_of, is_inside, milliseconds, moment_of
from connectors.moved import Ids, Look, Moved
from connectors.privacy import Privacy
from connectors.together import parted, parts_in_time

log = logging.getLogger("connectors.fxiaoke")

PART = 5_000  # rows that are worth a walk of their own
LISTED = 20 * LIMIT  # rows that are listed once more, where a count would say less


class Walks:
    """Walks windows of objects."""

    def __init__(self, client: Client, queries: Queries, settle: timedelta) -> None:
        """`settle` is how late lists may show a change."""
        self._client, self._queries, self._settle = client, queries, settle

    def rows(self, obj: CrmObject, window: Window, privacy: Privacy) -> Iterator[Sequence[Record] | datetime]:
        """Rows of the window; when there are many of them, in parts of time side by side, with the moments that they reach."""
        reader = Reader(FRAME, "_id", fate_of, privacy)
        moved = Moved(window.end, lambda since: self._moved(obj, since), self._settle)
        totals: list[int] = []
        for rows in self._walk_part(obj, window, moved, reader, totals.append):
            if totals[0] >= 2 * PART and obj.cursor is not None:
                break  # the parts bring this page again, and prove that they do
            yield rows
        else:
            return
        parts = self._parts(obj, window, totals[0])
        threads = self._client.threads_for(totals[0] / LIMIT)
        yield from parts_in_time(parts, lambda part: self._walk_part(obj, part, moved, reader), threads)

    def _parts(self, obj: CrmObject, window: Window, total: int) -> list[Window]:
        """The window in parts that are worth a walk of their own; as one where its rows do not say when they changed."""
        first = window.start
        if first is None:
            rows = self._queries.answer(obj, inside(obj, window), (), orders=str(obj.cursor), limit=1).get("dataList") or [{}]
            first = moment_of(rows[0].get(obj.cursor))
        if first is None:
            return [window]
        threads = self._client.manners.concurrency
        return parted(window, first, total, lambda part: self._count(obj, part), least=PART, threads=threads)

    def _count(self, obj: CrmObject, window: Window) -> int:
        """How many rows of the window there are, as far as Fxiaoke says; only ever used to cut parts of like size."""
        return total_of(self._queries.answer(obj, inside(obj, window), ("_id",), orders="_id", limit=1, is_counted=True))

    def _walk_part(
        self, obj: CrmObject, window: Window, moved: Moved, reader: Reader, heard: Callable[[int], None] | None = None
    ) -> Iterator[Sequence[Record]]:
        """Rows of the window in order of `_id`, and those that this walk lacks."""
        seen: set[int] = set()  # hashes of ids
        for rows in self._queries.by_id(obj, inside(obj, window), (), is_proved=True, reader=reader, heard=heard):
            if obj.cursor is not None:
                check_inside(obj, rows, window)
            seen.update(map(hash, column(rows, "_id")))
            yield rows
        yield from self._lacking(obj, window, moved, seen)

    def _moved(self, obj: CrmObject, since: datetime) -> Look:
        """What changed since then: it may have been read, and is counted no more."""
        ids: list[int] = []
        newest: datetime | None = None
        if obj.cursor is not None:
            changed = (condition(obj.cursor, "GTE", milliseconds(since)),)
            for rows in self._queries.by_id(obj, changed, ("_id", obj.cursor), is_proved=True):
                ids += [hash(row["_id"]) for row in rows]
                moments = [moment for row in rows if (moment := moment_of(row.get(obj.cursor))) is not None]
                newest = max((*moments, newest) if newest else moments, default=None)
        return Look(np.array(ids, np.int64), newest)

    def _lacking(self, obj: CrmObject, window: Window, moved: Moved, seen: set[int]) -> Iterator[list[Record]]:
        """Rows of the window that are not among `seen`, until Fxiaoke counts no more, or a second walk finds no others."""
        conditions = inside(obj, window)
        for _ in range(LOOKS):
            rows, total = self._queries.counted_page(obj, conditions, ("_id",))
            if all(hash(row["_id"]) in seen for row in rows) and (
                len(rows) == total
                # A row that was deleted meanwhile may hide one that is lacking: a count is for what is too long to list.
                or (total > LISTED and total == moved.left_of(_array(seen)))
            ):
                return
            ids = [row["_id"] for rows in self._queries.by_id(obj, conditions, ("_id",), is_proved=True) for row in rows]
            lacking = [one for one in ids if hash(one) not in seen]
            if not lacking:
                return  # fewer are there than came, some having moved on; or this tenant does not count
            log.warning("fxiaoke %s: the walk lacks %d rows; read by their ids", obj.name, len(lacking))
            for rows in self._queries.with_ids(obj, lacking):
                seen.update(hash(row["_id"]) for row in rows)
                if inside_still := [row for row in rows if obj.cursor is None or is_inside(row.get(obj.cursor), window)]:
                    yield inside_still
        raise RetryLater(
            f"fxiaoke {obj.name}",
            asked=f"data/query of {obj.api_name} by _id",
            came=f"rows that Fxiaoke lists and does not give, in each of {LOOKS} tries",
            cure="nothing of this pull is kept; run again later",
        )


def _array(seen: set[int]) -> Ids:
    """Hashes, as they are compared."""
    return np.fromiter(seen, np.int64, len(seen))
