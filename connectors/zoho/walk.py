"""Walking a Zoho module in order of change: pages, stretches, and the slices in which wide records come.

What to add here: a way in which paging can deceive us.
What belongs elsewhere: what to ask for and when a walk is proved (`connection.py`), what an error means (`dialect.py`).
"""

from __future__ import annotations

import itertools
import operator
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import numpy.typing as npt

from connectors.answers import part_of, records_of
from connectors.catalogue import CrmObject
from connectors.client import Record, Window
from connectors.faults import ContractBroken
from connectors.values import iso_moment

PAGE = 200  # rows of a page, the most that Zoho gives
PART = 200  # pages after which a walk is proved, so that one that breaks off later goes on from there
STRETCH = 50  # pages that follow each other by token before a walk takes a new anchor
EMPTY_PAGES = 2  # pages running that may hold nothing and promise more
SECOND = timedelta(seconds=1)  # how finely Modified_Time tells
STALE_WALKS = frozenset({"EXPIRED_VALUE", "PAGINATION_LIMIT_EXCEEDED", "TOKEN_BOUND_DATA_MISMATCH"})


class Info(msgspec.Struct, frozen=True):
    """What Zoho says about a page."""

    more_records: bool = False
    next_page_token: str | None = None


class Walk:
    """Where one walk through a module stands: its page token, and from which moment on it could start over."""

    def __init__(self, obj: CrmObject, start: datetime | None, *, by_id: bool = False) -> None:
        """At the first change at or after `start`; `by_id` in the order of ids, where there are no ties and no starting over."""
        self._obj = obj
        self._sort_by = "id" if by_id or obj.cursor is None else obj.cursor
        self.anchor = start
        self.is_over = False
        self.last: datetime | None = None
        self._token: str | None = None
        self._tokens: set[str] = set()
        self._empty = 0

    def parameters(self, names: str) -> dict[str, str | int]:
        """Parameters of the next call; a page token is bound to all the others, so they never change within a walk."""
        params: dict[str, str | int] = {"fields": names, "per_page": PAGE, "sort_by": self._sort_by, "sort_order": "asc"}
        if self._obj.api_name == "Leads":
            params["converted"] = "both"  # the default leaves converted leads out, silently
        if self._token is not None:
            params["page_token"] = self._token
        return params

    def take(self, rows: list[Record], info: Info) -> None:
        """Go on by a page, once it has proved to be what was asked for."""
        if self._sort_by == self._obj.cursor:
            self._check(rows)
        if not info.more_records:
            self.is_over = True
            return
        self._empty = 0 if rows else self._empty + 1
        is_led_on = self._empty > EMPTY_PAGES
        if is_led_on or not info.next_page_token or info.next_page_token in self._tokens:
            came = "empty pages that promise more" if is_led_on else "more_records without a new page token"
            raise broken(self._obj, came, "the walk would never end; nothing of this pull is kept")
        self._token = info.next_page_token
        self._tokens.add(self._token)

    def _check(self, rows: list[Record]) -> None:
        """Rows must come in order of change and from the window asked for."""
        moments = moments_of(self._obj, rows)
        if not moments:
            return
        if self.anchor is not None and min(moments) < self.anchor.replace(microsecond=0):
            raise broken(
                self._obj, "a row older than If-Modified-Since", "Zoho ignored the window; nothing of this pull is kept"
            )
        if (self.last is not None and moments[0] < self.last) or any(map(operator.lt, moments[1:], moments)):
            raise broken(self._obj, "rows out of order of change", "Zoho did not sort as asked; nothing of this pull is kept")
        self.last = moments[-1]

    def has_passed(self, moment: datetime) -> bool:
        """Whether every row up to `moment` has been seen."""
        return self.last is not None and self.last > moment

    def start_over(self, fault: ContractBroken) -> None:
        """Walk on from the last moment seen, with a new token; a second earlier, should the header mean "after"."""
        anchor = None if self.last is None else self.last - SECOND
        if anchor is None or self._sort_by != self._obj.cursor or (self.anchor is not None and anchor <= self.anchor):
            raise fault
        self.anchor, self.last, self._token = anchor, None, None


class Stretch:
    """A part of a walk within which pages follow each other by token."""

    def __init__(self, start: datetime | None) -> None:
        """From `start` on; where it ends shows while it is walked."""
        self.start = start
        self.end: datetime | None = None  # None: it reaches the window's end
        self.pages = 0
        self.ids = array("q")  # hashes of the ids inside the window: 8 bytes a record
        self.seconds = array("q")  # when each of them changed

    def count(self, obj: CrmObject, rows: list[Record], window: Window) -> None:
        """One page more."""
        self.pages += 1
        if obj.cursor is None:
            return
        inside = until(obj, rows, window.end)
        self.ids.extend([hash(row["id"]) for row in inside])
        self.seconds.extend([int(moment.timestamp()) for moment in moments_of(obj, inside)])

    def before(self, end: datetime) -> npt.NDArray[np.int64]:
        """The ids that changed before `end`."""
        if not self.ids:
            return np.empty(0, np.int64)
        return np.frombuffer(self.ids, np.int64)[np.frombuffer(self.seconds, np.int64) < end.timestamp()]

    def is_complete(self, walk: Walk) -> bool:
        """Whether the next stretch can take over from here, its start lying behind this one's."""
        if self.pages < STRETCH or walk.last is None or walk.is_over:
            return False
        if self.start is not None and walk.last - SECOND <= self.start + SECOND:
            return False  # a bulk edit: more rows in one second than a stretch has pages
        self.end = walk.last
        return True


class Meeting:
    """Where the slices of a record meet; a record leaves when all have come with the same moment of change."""

    def __init__(self, obj: CrmObject, slices: int) -> None:
        """Expects every slice of a record once."""
        self._obj = obj
        self._all = (1 << slices) - 1
        self._parts: dict[str, tuple[Record, int]] = {}

    def bring(self, rows: list[Record], number: int) -> list[Record]:
        """The records that these rows of slice `number` complete."""
        if self._all == 1:
            return rows
        return [whole for row in rows if (whole := self._join(row, 1 << number)) is not None]

    def _join(self, row: Record, part: int) -> Record | None:
        """The whole record if this was its last slice; one that changed between two walks counts as it is now."""
        known, parts = self._parts.get(row["id"], (row, 0))
        if self._obj.cursor is not None:
            was, now = moment_of(self._obj, known), moment_of(self._obj, row)
            if now < was:
                return None
            if now > was:
                known, parts = row, 0
        merged, parts = {**known, **row}, parts | part
        if parts == self._all:
            self._parts.pop(row["id"], None)
            return merged
        self._parts[row["id"]] = (merged, parts)
        return None

    def waiting(self, until: datetime) -> list[str]:
        """Ids of records changed before `until` of which not every slice has come."""
        return sorted(
            key for key, (record, _) in self._parts.items() if self._obj.cursor is None or moment_of(self._obj, record) < until
        )


def once(obj: CrmObject, rows: list[Record], edge: dict[str, datetime]) -> list[Record]:
    """Rows without those that came already: stretches overlap by a second, and `edge` holds what lies there."""
    if obj.cursor is None or not rows:
        return rows
    moments = moments_of(obj, rows)
    if edge:
        keep = [edge.get(row["id"]) != moment for row, moment in zip(rows, moments, strict=True)]
        fresh = rows if all(keep) else Rows(itertools.compress(rows, keep))
    else:
        fresh = rows
    newest = max(moments)
    kept = {key: moment for key, moment in edge.items() if newest - moment <= 2 * SECOND}
    edge.clear()
    edge.update(kept)
    since = newest - 2 * SECOND
    edge.update((row["id"], moment) for row, moment in zip(rows, moments, strict=True) if moment >= since)
    return fresh


class Rows(list[Record]):
    """Rows of a page that remember when each of them changed: the walk, the window and the stretch all want to know."""

    moments: list[datetime] | None = None


def moments_of(obj: CrmObject, rows: list[Record]) -> list[datetime]:
    """When each row last changed."""
    known = rows.moments if isinstance(rows, Rows) else None
    if known is None:
        known = [moment_of(obj, row) for row in rows]
        if isinstance(rows, Rows):
            rows.moments = known
    return known


def until(obj: CrmObject, rows: list[Record], end: datetime) -> list[Record]:
    """Those of the rows that changed before `end`; all, where nothing tells when they changed."""
    if obj.cursor is None or not rows:
        return rows
    moments = moments_of(obj, rows)
    return rows if max(moments) < end else Rows(row for row, moment in zip(rows, moments, strict=True) if moment < end)


def rows_of(said: Mapping[str, msgspec.Raw], about: str, key: str = "data", needed: str = "id") -> list[Record]:
    """The records under `key`, each with its id; numbers with a point as decimals."""
    rows = Rows(records_of(said, key, f"zoho {about}", needed))
    for row in rows:
        if type(row[needed]) is int:  # ids are texts, in every answer but a careless one
            row[needed] = str(row[needed])
    return rows


def info_of(said: Mapping[str, msgspec.Raw], about: str) -> Info:
    """What an answer says about its page."""
    told = part_of(said, "info", dict, f"zoho {about}")
    more, token = told.get("more_records") or False, told.get("next_page_token") or None
    if isinstance(more, bool) and (token is None or isinstance(token, str)):
        return Info(more, token)
    raise ContractBroken(
        f"zoho {about}", asked="for a page", came="an info that says nothing of it", cure="nothing of this pull is kept"
    )


def since_header(moment: datetime | None) -> dict[str, str]:
    """Zoho's own reading of If-Modified-Since: ISO 8601 with an offset, whole seconds."""
    return {} if moment is None else {"If-Modified-Since": moment.astimezone(UTC).replace(microsecond=0).isoformat()}


def moment_of(obj: CrmObject, row: Record) -> datetime:
    """When a row last changed; a row that does not say breaks the contract."""
    try:
        moment = iso_moment(row[str(obj.cursor)])
    except (KeyError, ValueError):
        moment = None
    if moment is None:
        raise broken(
            obj, f"a row without {obj.cursor}", "without it no window can be closed; pull this module whole (cursor=None)"
        )
    return moment


def broken(obj: CrmObject, came: str, cure: str) -> ContractBroken:
    """A walk that may not be believed."""
    return ContractBroken(f"zoho {obj.name}", asked=f"GET {obj.api_name} in order of change", came=came, cure=cure)
