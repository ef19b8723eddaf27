"""Records of a Zoho module in the way that suits their number, until another way of asking knows no more than we have.

What to add here: another way to read a module, and what makes it whole.
What belongs elsewhere: paging (`walk.py`), exports (`bulk.py`), other ways of asking (`census.py`), fields (`connection.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from connectors.catalogue import CrmObject
from connectors.client import Client, Kept, Record, Window
from connectors.faults import ContractBroken, Refused, RetryLater, TokenRefused
from connectors.moved import Ids, Moved
from connectors.newest import hashed
from connectors.texts import Texts
from connectors.together import parted, parts_in_time
from connectors.zoho.bulk import MOST_FIELDS, Bulk, Landed
from connectors.zoho.calls import Calls
from connectors.zoho.census import SUBFORMS, Census
from connectors.zoho.dialect import ZohoSettings
from connectors.zoho.walk import PAGE, PART, SECOND, Meeting, Stretch, Walk, moment_of, once, until

log = logging.getLogger("connectors.zoho")

Rows = list[Record] | Texts | Landed | datetime  # records, or news about those that came before

SIDE = 10_000  # records that are worth a walk of their own
DOWNLOADS, DOWNLOADS_SECONDS = 10, 62.0  # results of bulk reads in a minute; one too many closes the door for a minute to all
LONG = timedelta(days=7)  # windows from which on counting is worth its calls
ROUNDS = 5  # times that a stretch is walked again before we give up on a module that never stands still
NOT_IN_BULK = SUBFORMS | {"Leads", "DealHistory", "Notes", "Attachments"}


class Records:
    """Reads the records of modules."""

    def __init__(self, settings: ZohoSettings, client: Client, calls: Calls, census: Census) -> None:
        """Nothing is asked yet."""
        self._settings, self._client, self._calls, self._census = settings, client, calls, census
        self._before_download = client.pace(DOWNLOADS, DOWNLOADS_SECONDS)

    def rows(self, obj: CrmObject, window: Window, slices: Sequence[str], kept: Kept) -> Iterator[Rows]:
        """Records of the window in the way that suits their number: bulk read, walks side by side, one walk."""
        if obj.cursor is None or (window.start is not None and window.end - window.start < LONG):
            return self._walk(obj, window, slices)
        total = self._census.counted(obj, window) or 0
        limit = self._settings.bulk_from
        # Converted leads and lines may be missing from a bulk read.
        if window.start is None and limit is not None and total >= max(limit, 1) and obj.api_name not in NOT_IN_BULK:
            fields = dict.fromkeys(name for names in slices for name in names.split(",") if name != "id" and name[0] != "$")
            if len(fields) <= MOST_FIELDS:
                return self._bulk(obj, window, slices, list(fields), total, kept)
        return self._walk_parts(obj, window, slices, total)

    def _walk_parts(
        self, obj: CrmObject, window: Window, slices: Sequence[str], total: int
    ) -> Iterator[list[Record] | datetime]:
        """Records in parts of time that are walked side by side, each proved by itself."""
        parts = [window]
        if total >= 2 * SIDE:
            first = window.start
            for rows in self._calls.pages(obj, str(obj.cursor), Walk(obj, first)):
                first = first or moment_of(obj, rows[0])
                break
            threads = self._settings.manners.concurrency
            if first is not None:
                counted = self._census.counted
                parts = parted(window, first, total, lambda part: counted(obj, part) or 0, least=SIDE, threads=threads)
        if len(parts) == 1:
            yield from self._walk(obj, window, slices)
            return

        moved = self._census.moved(obj, window.end, self._settings.settle)

        def read(part: Window) -> Iterator[list[Record] | datetime]:
            """One part; what lies behind it is the next part's, and behind the last the next pull's."""
            for rows in self._walk(obj, part, slices, moved):
                is_last = part.end == window.end
                yield rows if is_last or isinstance(rows, datetime) else until(obj, rows, part.end)

        yield from parts_in_time(parts, read, self._client.threads_for(total / PAGE))

    def _bulk(
        self, obj: CrmObject, window: Window, slices: Sequence[str], fields: Sequence[str], total: int, kept: Kept
    ) -> Iterator[Rows]:
        """Records of a bulk read, and by their ids the few that it lacks; if it lacks many, the module is walked after all."""
        kept.folder.mkdir(exist_ok=True)
        bulk = Bulk(
            obj,
            ask=lambda method, path, json: self._calls.send(obj.name, method, path, base="crm/bulk", json=json),
            download=lambda path: self._calls.download(obj.name, path),
            before_download=self._before_download,
            sleep=self._client.sleep,
            kept=kept,
        )
        end, lacking = window.end, []
        try:
            for came in bulk.read(fields, end, total):
                if isinstance(came, datetime):
                    end = came
                else:
                    yield came
            ours = np.unique(np.frombuffer(bulk.ids, np.int64)) if bulk.ids else np.empty(0, np.int64)
            moved = self._census.moved(obj, end, self._settings.settle)
            lacking = self._census.lacking(obj, Window(None, end), moved, ours)
            is_whole = len(lacking) <= SIDE
        except TokenRefused:
            raise
        except (Refused, ContractBroken) as fault:
            log.warning("%s", fault)
            is_whole = False
        if not is_whole:
            log.warning("zoho %s: the bulk read is not whole; walking page by page", obj.name)
            yield from self._walk_parts(obj, window, slices, total)
            return
        if lacking:
            yield from self._settled(obj, Window(None, end), moved, slices, ours)
        if end < window.end:  # it went on with an older one: what changed since is read page by page
            yield end
            yield from self._walk(obj, Window(end - self._settings.overlap, window.end), slices)

    def _walk(
        self, obj: CrmObject, window: Window, slices: Sequence[str], moved: Moved | None = None
    ) -> Iterator[list[Record] | datetime]:
        """Records in order of change, and now and then the moment up to which they are proved to be all.

        `moved` is what changes meanwhile, by the window that this one is a part of: it cannot be in any part.
        """
        moved = moved or self._census.moved(obj, window.end, self._settings.settle)
        stretches: list[Stretch] = []
        begun = start = window.start
        edge: dict[str, datetime] = {}
        while True:
            stretch = Stretch(start)
            for rows in self._stretch(obj, window, slices, stretch):
                yield once(obj, rows, edge)
            stretches.append(stretch)
            if stretch.end is None:
                break
            start = stretch.end - SECOND
            if sum(one.pages for one in stretches) >= PART:
                yield from self._settled(obj, Window(begun, start), moved, slices, _before(stretches, start))
                yield start
                begun, stretches = start, []
        yield from self._settled(obj, Window(begun, window.end), moved, slices, _before(stretches, window.end))

    def _settled(
        self, obj: CrmObject, window: Window, moved: Moved, slices: Sequence[str], ours: Ids
    ) -> Iterator[list[Record]]:
        """Records of the window that Zoho knows of and that are not among `ours`, until there are none."""
        if obj.cursor is None:
            return
        for _ in range(ROUNDS):
            lacking = self._census.lacking(obj, window, moved, ours)
            if not lacking:
                return
            log.warning("zoho %s: the walk lacks %d records; read by their ids", obj.name, len(lacking))
            for rows in self._calls.by_id(obj, lacking, slices):
                ours = np.union1d(ours, hashed([row["id"] for row in rows]))
                yield rows
        raise RetryLater(
            f"zoho {obj.name}",
            asked=f"{obj.api_name} by their ids",
            came=f"records that Zoho lists and does not give, in each of {ROUNDS} tries",
            cure="run again later; if it stays so, the API user may list records that it may not read",
        )

    def _stretch(self, obj: CrmObject, window: Window, slices: Sequence[str], stretch: Stretch) -> Iterator[list[Record]]:
        """One stretch of a walk; its first slice of fields decides where it ends, and the slices of a record meet by its id."""
        meeting = Meeting(obj, len(slices))
        walk = Walk(obj, stretch.start)
        for rows in self._calls.pages(obj, slices[0], walk):
            stretch.count(obj, rows, window)
            yield meeting.bring(rows, 0)
            if walk.has_passed(window.end) or stretch.is_complete(walk):
                break
        for number, names in enumerate(slices[1:], start=1):
            walk = Walk(obj, stretch.start)
            for rows in self._calls.pages(obj, names, walk):
                yield meeting.bring(rows, number)
                if walk.has_passed(stretch.end or window.end):
                    break
        until = window.end if stretch.end is None else stretch.end - SECOND
        yield from self._calls.by_id(obj, meeting.waiting(until), slices)  # moved between the walks of two slices


def _before(stretches: Sequence[Stretch], end: datetime) -> Ids:
    """The ids in these stretches that changed before `end`."""
    return np.unique(np.concatenate([stretch.before(end) for stretch in stretches]))
