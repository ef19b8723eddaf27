"""What Zoho says there is, asked in other ways than the walk: ids by COQL, a second listing, counts, what moved, what is gone.

What to add here: another way to learn what a walk should have brought.
What belongs elsewhere: the walk (`walk.py`), when a window closes (`connection.py`).

A walk is believed when another way of asking lists nothing that it lacks. Up to COQL_ROWS records that way is COQL, in order
of id: no page can shift under it. Longer walks are counted first, less what moved out of the window since it closed. COQL may
be forbidden, and nobody says whether it lists converted leads: there a second listing joins it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from connectors.catalogue import CrmObject
from connectors.client import Deletion, Record, Window
from connectors.faults import ContractBroken, Refused, RetryLater, TokenRefused, Unlisted
from connectors.moved import Ids, Look, Moved
from connectors.values import moment_or_none
from connectors.zoho.calls import Calls
from connectors.zoho.dialect import NO_MODULE
from connectors.zoho.walk import PAGE, SECOND, Walk, broken, info_of, moments_of, rows_of, since_header, until

log = logging.getLogger("connectors.zoho")

COQL_ROWS = 2_000  # rows of a COQL answer
LOOKS = 5  # at what moved meanwhile
FEWER_ROWS = 200  # where an organisation allows no more
EVER = datetime(9999, 12, 31, tzinfo=UTC)
SUBFORMS = frozenset({"Quoted_Items", "Ordered_Items", "Invoiced_Items", "Purchase_Items", "Purchased_Items"})


class Census:
    """What Zoho says there is, asked in other ways than the walk."""

    def __init__(self, calls: Calls) -> None:
        """Nothing is asked yet."""
        self._calls = calls
        self._uncounted: set[str] = set()  # modules that may not be counted
        self._unqueried: set[str] = set()  # modules that COQL does not know, or not for us
        self._rows = COQL_ROWS

    def moved(self, obj: CrmObject, closed: datetime, settle: timedelta) -> Moved:
        """What changes while a window is read that ends at `closed`."""
        return Moved(closed, lambda since: self._moved(obj, since), settle)

    def lacking(self, obj: CrmObject, window: Window, moved: Moved, ours: Ids) -> list[str]:
        """Ids of the window that are not among `ours`; none when Zoho, asked in another way, knows no more than we do."""
        if len(ours) > COQL_ROWS and obj.api_name != "Leads" and self._is_counted(obj, window, moved, ours):
            return []
        lacking: dict[str, None] = {}
        theirs: list[int] = []
        for rows in self._queried(obj, window):
            theirs += [hash(row["id"]) for row in rows]
            lacking.update(_others(rows, ours))
        is_told = obj.api_name != "Leads" and obj.name not in self._unqueried
        if not is_told or len(np.setdiff1d(ours, np.array(theirs, np.int64))):
            for rows in self._listed(obj, window, by_id=window.end == moved.closed):
                lacking.update(_others(rows, ours))
        return list(lacking)

    def _is_counted(self, obj: CrmObject, window: Window, moved: Moved, ours: Ids) -> bool:
        """Whether Zoho counts what we have, less what left the window since it closed: never more, never less."""
        theirs = self.counted(obj, window)
        return theirs is not None and theirs == moved.left_of(ours)

    def everything(self, obj: CrmObject, turns: Sequence[str] = ()) -> Iterator[list[Record]]:
        """Id and moment of change of every record there is, whose it is where COQL tells that too, and its `turns` of a lead."""
        is_told = False
        for rows in self._queried(obj, None, obj.owners):
            is_told = True
            yield rows
        if obj.api_name != "Leads" and obj.name not in self._unqueried and is_told:
            return
        listed: set[int] = set()
        for rows in self._listed(obj, None, turns):
            listed.update(hash(row["id"]) for row in rows)
            yield rows
        if obj.name in self._unqueried and self.counted(obj, Window(None, EVER)) != len(listed):
            yield from self._listed(obj, None, turns)  # one listing alone may lack something, and nothing else would tell

    def _queried(self, obj: CrmObject, window: Window | None, more_fields: Sequence[str] = ()) -> Iterator[list[Record]]:
        """By COQL, in order of id: no page that shifts, three credits for 2,000; nothing where COQL may not be asked."""
        if obj.name in self._unqueried:
            return
        inside = "" if window is None else _condition(obj, window)
        last, more = "0", True
        while more:
            try:
                rows, more = self._select(obj, f"({inside} and id > {last})" if inside else f"id > {last}", more_fields)
            except TokenRefused:
                raise
            except (Refused, ContractBroken) as fault:
                if fault.code == "LIMIT_EXCEEDED" and self._rows > FEWER_ROWS:
                    self._rows = FEWER_ROWS
                    continue
                log.info("%s", fault)
                if more_fields:
                    more_fields = ()  # this user may not see one of them
                    continue
                self._unqueried.add(obj.name)
                return
            ids = [int(last), *(int(row["id"]) for row in rows)]
            if any(later <= earlier for earlier, later in itertools.pairwise(ids)):
                raise broken(obj, "ids that do not rise", "COQL dropped the order or the condition; nothing of this pull is kept")
            if rows:
                last = rows[-1]["id"]
                yield rows if window is None else until(obj, rows, window.end)

    def _select(self, obj: CrmObject, condition: str, more_fields: Sequence[str]) -> tuple[list[Record], bool]:
        """Some rows of id and moment of change, in order of id, and whether there are more."""
        names = ", ".join(("id", str(obj.cursor), *more_fields))
        query = f"select {names} from {obj.api_name} where {condition} order by id asc limit {self._rows}"
        said = self._calls.send(obj.name, "POST", "coql", json={"select_query": query})
        rows = rows_of(said, obj.name)
        return rows, bool(rows) and (info_of(said, obj.name).more_records or len(rows) >= self._rows)

    def _listed(
        self, obj: CrmObject, window: Window | None, more_fields: Sequence[str] = (), *, by_id: bool = False
    ) -> Iterator[list[Record]]:
        """By another listing, of little but id and moment of change; by id only what ends now, since it cannot end before."""
        walk = Walk(obj, None if window is None else window.start, by_id=by_id)
        for rows in self._calls.pages(obj, ",".join((str(obj.cursor), *more_fields)), walk):
            yield rows if window is None else until(obj, rows, window.end)
            if window is not None and walk.has_passed(window.end):
                return

    def counted(self, obj: CrmObject, window: Window) -> int | None:
        """How many records of the window Zoho counts; None where it cannot say. Leads perhaps without the converted ones."""
        if obj.name in self._uncounted:
            return None
        criteria = f"(Modified_Time:less_than:{_whole_seconds(window.end)})"
        if window.start is not None:
            criteria = f"((Modified_Time:greater_equal:{window.start.replace(microsecond=0).isoformat()})and{criteria})"
        try:
            said = self._calls.ask(obj.name, f"{obj.api_name}/actions/count", {"criteria": criteria})
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            self._uncounted.add(obj.name)  # no right to search, or a module that is not searched
            return None
        try:
            return int(msgspec.json.decode(said["count"], type=int | str)) if "count" in said else None
        except ValueError:
            return None  # it counts, and says no number

    def _moved(self, obj: CrmObject, since: datetime) -> Look | None:
        """Which records changed or went since then; None where every look shows some of them twice."""
        moved: set[int] = set()
        moments: list[datetime] = []
        for _ in range(LOOKS):
            seen: list[int] = []
            for rows in self._calls.pages(obj, str(obj.cursor), Walk(obj, since)):
                seen += [hash(row["id"]) for row in rows]
                moments.append(max(moments_of(obj, rows)))
            moved |= set(seen)
            if len(set(seen)) == len(seen):
                break
        else:  # not one that moved again while we looked: equal moments come in another order on each page
            return None
        try:
            gone = list(self.deleted(obj, since))
        except Unlisted as fault:
            said = fault
        else:
            moments += [one.deleted_at for one in gone if one.deleted_at is not None]
            return Look(np.fromiter(moved | {hash(one.key) for one in gone}, np.int64), max(moments, default=None))
        raise RetryLater(
            said.about, asked=said.asked, came=said.came, cure="too much is deleted while this module is read; run again later"
        )

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record in Zoho's list of deleted ones since then; modules without such a list have none."""
        if obj.cursor is None or obj.api_name in SUBFORMS:
            return
        page, before = 1, None
        while True:
            try:
                said = self._calls.ask(
                    obj.name, f"{obj.api_name}/deleted", {"type": "all", "page": page, "per_page": PAGE}, since_header(since)
                )
            except Refused as fault:
                if fault.code in NO_MODULE or fault.code == "NOT_SUPPORTED":
                    return
                raise
            except ContractBroken as fault:
                if fault.code != "DISCRETE_PAGINATION_LIMIT_EXCEEDED":
                    raise
                raise Unlisted(
                    fault.about,
                    asked=fault.asked,
                    came=f"more than {(page - 1) * PAGE:,} deleted records",
                    cure="Zoho lists no more of them: all ids are compared instead",
                ) from None
            rows = rows_of(said, obj.name)
            ids = [row["id"] for row in rows]
            if rows and ids == before:
                raise Unlisted(
                    f"zoho {obj.name}",
                    asked=f"page {page} of its deleted records",
                    came="the page before it",
                    cure="Zoho does not list them whole: all ids are compared instead",
                )
            for row in rows:
                yield Deletion(row["id"], moment_or_none(row.get("deleted_time")), str(row.get("type")))
            if not info_of(said, obj.name).more_records or not rows:
                return
            page, before = page + 1, ids


def _others(rows: list[Record], ours: Ids) -> dict[str, None]:
    """The ids of rows that are not ours."""
    hashes = np.fromiter((hash(row["id"]) for row in rows), np.int64, len(rows))
    return {rows[place]["id"]: None for place in np.flatnonzero(~np.isin(hashes, ours)).tolist()}


def _condition(obj: CrmObject, window: Window) -> str:
    """The window in COQL, whole seconds."""
    end = f"{obj.cursor} < '{_whole_seconds(window.end)}'"
    if window.start is None:
        return end
    return f"({obj.cursor} >= '{window.start.replace(microsecond=0).isoformat()}' and {end})"


def _whole_seconds(end: datetime) -> str:
    """The first whole second that is not before `end`."""
    return (end if end.microsecond == 0 else end.replace(microsecond=0) + SECOND).isoformat()
