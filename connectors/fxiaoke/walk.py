"""Walking the rows of a window: by `_id`, in parts of time side by side where there are many, until nothing is missing.

What to add here: a way in which a walk may lack rows, and what proves that it does not.
What belongs elsewhere: how pages are asked for (`queries.py`), which objects are walked (`connection.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from connectors.alike import Reader
from connectors.catalogue import CrmObject
from connectors.client import Client, Record, Window
from connectors.faults import RetryLater
from connectors.fxiaoke.queries import LIMIT, LOOKS, Queries, behind, condition, inside
from connectors.fxiaoke.rows import check_inside, column, fate_of, is_inside, milliseconds, moment_of
from connectors.moved import Ids, Look, Moved
from connectors.privacy import Privacy
from connectors.together import parted, parts_in_time

log = logging.getLogger("connectors.fxiaoke")

PART = 5_000  # rows that are worth a walk of their own
HEAD = 20  # pages that come one after the other before it is asked how many are left


class Walks:
    """Walks windows of objects."""

    def __init__(self, client: Client, queries: Queries, settle: timedelta) -> None:
        """`settle` is how late lists may show a change."""
        self._client, self._queries, self._settle = client, queries, settle

    def rows(self, obj: CrmObject, window: Window, privacy: Privacy) -> Iterator[Sequence[Record] | datetime]:
        """Rows of the window; when there are many of them, in parts of time side by side, with the moments that they reach."""
        reader = Reader("dataList", "_id", fate_of, privacy)
        last, pages, seen = "", 0, set[int]()
        moved = Moved(window.end, lambda since: self._moved(obj, since), self._settle)
        for rows in self._walk_part(obj, window, moved, reader):
            last, pages = rows[-1]["_id"], pages + 1
            seen.update(map(hash, column(rows, "_id")))
            yield rows
            if pages == HEAD and obj.cursor is not None:
                break
        else:
            return
        total = self._count(obj, window, last)
        counted = self._count(obj, window, "") - total
        if counted > (moved.left_of(_array(seen)) or 0):
            last = ""  # something is missing among these already: all of it is read again, and proved
        parts = self._parts(obj, window, last, total)
        if len(parts) == 1:
            yield from self._walk_part(obj, window, moved, reader, last)
        else:
            threads = self._client.threads_for(total / LIMIT)
            yield from parts_in_time(parts, lambda part: self._walk_part(obj, part, moved, reader, last), threads)

    def _parts(self, obj: CrmObject, window: Window, last: str, total: int) -> list[Window]:
        """Parts of a window that holds enough rows behind `last` to be worth the counting."""
        if total < 2 * PART:
            return [window]
        first = window.start
        if first is None:
            rows = self._queries.answer(obj, inside(obj, window, last), (), orders=str(obj.cursor), limit=1).get("dataList") or [
                {}
            ]
            first = moment_of(rows[0].get(obj.cursor))
        if first is None:
            return [window]
        threads = self._client.manners.concurrency
        return parted(window, first, total, lambda part: self._count(obj, part, last), least=PART, threads=threads)

    def _count(self, obj: CrmObject, window: Window, last: str) -> int:
        """How many rows of the window are left, as far as Fxiaoke says; only ever used to cut parts of like size."""
        total = self._queries.answer(obj, inside(obj, window, last), ("_id",), orders="_id", limit=1, is_counted=True).get(
            "total"
        )
        return total if isinstance(total, int) else 0

    def _walk_part(
        self, obj: CrmObject, window: Window, moved: Moved, reader: Reader, last: str = ""
    ) -> Iterator[Sequence[Record]]:
        """Rows of the window behind `last`, in order of `_id`, and those that this walk lacks."""
        seen: set[int] = set()  # hashes of ids
        for rows in self._queries.by_id(obj, inside(obj, window), (), last, is_proved=True, reader=reader):
            if obj.cursor is not None:
                check_inside(obj, rows, window)
            seen.update(map(hash, column(rows, "_id")))
            yield rows
        yield from self._lacking(obj, window, moved, last, seen)

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

    def _lacking(self, obj: CrmObject, window: Window, moved: Moved, last: str, seen: set[int]) -> Iterator[list[Record]]:
        """Rows behind `last` that are not among `seen`, until Fxiaoke counts no more, or a second walk finds no others."""
        conditions = inside(obj, window)
        for _ in range(LOOKS):
            rows, total = self._queries.counted_page(obj, [*conditions, *behind(last)], ("_id",))
            if all(hash(row["_id"]) in seen for row in rows) and (
                len(rows) == total
                # A row that was deleted meanwhile may hide one that is lacking: a count is for what is too long to list.
                or (total > HEAD * LIMIT and total == moved.left_of(_array(seen)))
            ):
                return
            ids = [row["_id"] for rows in self._queries.by_id(obj, conditions, ("_id",), last, is_proved=True) for row in rows]
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
