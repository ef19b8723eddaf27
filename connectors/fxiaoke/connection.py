"""One Fxiaoke tenant, ready to be pulled: what is asked, in which order, and when it is believed.

What to add here: another thing that Fxiaoke can be asked for.
What belongs elsewhere: what its answers mean (`dialect.py`), what is read (`objects.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import ge
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import requests
from msgspec import Raw

from connectors.alike import Alike, Reader
from connectors.answers import as_records, part_of, records_of
from connectors.catalogue import CrmObject
from connectors.client import Client, Deletion, Finding, Page, Record, Sight, Window
from connectors.faults import Absent, ContractBroken, Fault, Refused, RetryLater, TokenRefused
from connectors.fxiaoke.dialect import FxiaokeDialect, FxiaokeSettings, Style
from connectors.fxiaoke.doctor import examine
from connectors.fxiaoke.objects import ABOUT, DESCRIBE, OBJECT_LIST, OBJECTS, STAFF_OBJECTS
from connectors.fxiaoke.rows import (
    broken,
    check_inside,
    column,
    fate_of,
    is_inside,
    milliseconds,
    moment_of,
    rows_of,
    undecorated,
)
from connectors.fxiaoke.types import PERSONAL, TYPES
from connectors.metadata import Told, discovered
from connectors.moved import Ids, Look, Moved
from connectors.privacy import Privacy
from connectors.together import parted, parts_in_time
from connectors.tokens import TokenKeeper, fingerprint
from connectors.values import Caster, epoch_date, epoch_moment, epoch_moments

log = logging.getLogger("connectors.fxiaoke")

LIMIT = 100  # rows of a page, the most that is documented
PART = 5_000  # rows that are worth a walk of their own
HEAD = 20  # pages that come one after the other before it is asked how many are left
LOOKS = 5  # looks at rows that are counted and do not come
LIFE = "life_status"
EVERYONE = 999999  # the department that is the whole company
SERVICES = {"department/list": ("cgi/department/list", "departments"), "user/list": ("cgi/user/list", "userList")}


class FxiaokeConnection:
    """One Fxiaoke tenant, ready to be pulled."""

    source = "fxiaoke"

    def __init__(
        self,
        settings: FxiaokeSettings,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is asked yet."""
        self.settings = settings
        self.overlap, self.settle = settings.overlap, settings.settle
        self.vanishing_limit = settings.vanishing_limit
        zone = ZoneInfo(settings.time_zone)
        staff = {obj.name: obj for obj in STAFF_OBJECTS} if settings.style is Style.CURRENT else {}
        self.objects = tuple(
            obj.with_fields(*settings.custom_fields.get(obj.name, ()))
            for obj in (*(staff.get(obj.name, obj) for obj in OBJECTS), *settings.custom_objects)
            if obj.name not in settings.left_out
        )
        self._dialect = FxiaokeDialect(settings)
        state = settings.state_folder
        manners = settings.manners
        if manners.day_begins is None:  # the quota starts again at the tenant's midnight
            manners = replace(manners, day_begins=lambda moment: datetime.fromtimestamp(moment, zone).date())
        self.client = Client(
            self._dialect,
            manners,
            session=session,
            sleep=sleep,
            monotonic=monotonic,
            now=now,
            budget_file=state / "fxiaoke.calls.json" if state else None,
        )
        self.client.keeper = TokenKeeper(
            lambda: self._dialect.login(self.client, now),
            owner=fingerprint(settings.base_url, settings.style, settings.app_id, settings.app_secret, settings.permanent_code),
            cache=state / "fxiaoke.token.json" if state else None,
            now=now,
            most=settings.manners.logins,
            within=settings.manners.logins_seconds,
        )
        self._told = Told(lambda api_name, about: self._described(about, api_name))
        self._typed: dict[str, frozenset[str]] = {}  # by object: the fields that Fxiaoke calls phones, mails or places
        self.cast = Caster(epoch_moment, epoch_date(zone), epoch_moments)

    def __repr__(self) -> str:
        """Says which cloud, and no secret."""
        return f"FxiaokeConnection({self.settings.base_url})"

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""
        try:
            yield from self._pull(obj, window)
            return
        except ContractBroken as fault:  # no code is known to say so: the tenant's own list has to
            if not fault.code or not self._is_absent(obj):
                raise
            said = fault
        finally:
            self.client.budget.save()
        raise Absent(
            said.about,
            asked=said.asked,
            came=said.came,
            code=said.code,
            cure="the tenant's object list does not have it: nothing to do, or leave it out (company.yaml, objects: exclude)",
        )

    def _is_absent(self, obj: CrmObject) -> bool:
        """Whether the tenant lists its objects and this one is not among them; the list alone is never a reason not to ask."""
        if obj.api_name in ABOUT or obj.api_name in SERVICES:
            return False
        try:
            listed = self._object_list(obj.name)
        except Fault:
            return False
        return bool(listed) and obj.api_name not in {row.get("describeApiName") for row in listed if row.get("isActive", True)}

    def _object_list(self, about: str) -> list[Record]:
        """The objects of the tenant."""
        said = self.client.ask(self._dialect.ask(about, f"cgi/crm/v2/{OBJECT_LIST}", {}))
        return as_records(part_of(said, "data", dict, f"fxiaoke {about}").get("objects") or [], "objects", f"fxiaoke {about}")

    def _pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        pages: Iterator[Sequence[Record] | datetime] | None = self._whole(obj)
        if pages is None:
            if self.settings.every_field:
                described = self._types_of(self._told.of(obj.api_name, "records"))
                if described:
                    self._typed[obj.name] = frozenset(name for name, kind in described.items() if kind in PERSONAL)
                    yield Page((), fields=described)
            pages = self._walk(obj, window, Reader("dataList", "_id", fate_of, self._privacy(obj)))
        yield from self._cleaned(self._privacy(obj), pages)

    def _privacy(self, obj: CrmObject) -> Privacy:
        """What of an object's records stays out of the lake."""
        return Privacy(obj, self.settings.personal_fields, typed=self._typed.get(obj.name, ()))

    def _cleaned(self, privacy: Privacy, pages: Iterator[Sequence[Record] | datetime]) -> Iterator[Page]:
        """Pages without what only repeats, and without personal data that the company did not ask for."""
        for records in pages:
            if isinstance(records, datetime):
                yield Page((), reached=records)
            elif isinstance(records, Alike):
                yield Page(records, records.withheld)
            else:
                withheld: set[str] = set()
                yield Page([privacy.cleaned(undecorated(record), withheld) for record in records], frozenset(withheld))

    def discovered(self, obj: CrmObject, before: Mapping[str, str]) -> CrmObject:
        """A custom object with a column for every field that Fxiaoke describes now or described `before`."""
        now = self._types_of(self._told.of(obj.api_name, "columns"))
        return discovered(obj, {**before, **now}, TYPES, PERSONAL)

    @staticmethod
    def _types_of(described: Mapping[str, Record] | None) -> dict[str, str]:
        return {name: str(about.get("type")) for name, about in (described or {}).items()}

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Nothing: Fxiaoke keeps no list of deleted records; those that were made invalid still come as versions."""
        return iter(())

    def _whole(self, obj: CrmObject) -> Iterator[list[Record]] | None:
        """All records of what is not walked: staff, departments, and what Fxiaoke says about itself; None for an object."""
        if obj.api_name in ABOUT:
            return self._about(obj)
        return self._service(obj) if obj.api_name in SERVICES else None

    def _about(self, obj: CrmObject) -> Iterator[list[Record]]:
        """Metadata as records of their own: the objects of the tenant, or the fields and options of those that are read."""
        if obj.api_name == OBJECT_LIST:
            yield self._object_list(obj.name)
            return
        for name in dict.fromkeys(one.api_name for one in self.objects if one.cursor is not None):
            fields = self._told.of(name, obj.name) or {}
            yield [{**about, "api_name": field, "key": f"{name}.{field}", "object": name} for field, about in fields.items()]

    def _described(self, about: str, api_name: str) -> dict[str, Record] | None:
        """What Fxiaoke says about the fields of an object; None when it will not say."""
        body = {"includeDetail": True, "apiName": api_name, "data": {"apiName": api_name}}  # tenants differ in where it belongs
        try:
            said = self.client.ask(self._dialect.ask(about, f"cgi/crm/v2/{DESCRIBE}", body))
            described = part_of(said, "data", dict, f"fxiaoke {about}").get("describe")
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            return None
        fields = described.get("fields") if isinstance(described, dict) else None
        if isinstance(fields, dict) and all(isinstance(told, dict) for told in fields.values()):
            return fields
        log.warning("fxiaoke %s: the description of %s is none; its records are read without", about, api_name)
        return None

    def _service(self, obj: CrmObject) -> Iterator[list[Record]]:
        """Staff or departments of the whole company, each once: people may be in many departments."""
        path, key = SERVICES[obj.api_name]
        body = {"departmentId": EVERYONE, "fetchChild": True, "showDepartmentIdsDetail": True} if key == "userList" else {}
        said = self.client.ask(self._dialect.ask(obj.name, path, body))
        rows = records_of(said, key, f"fxiaoke {obj.name}", obj.key)
        yield list({str(row[obj.key]): row for row in rows}.values())

    def reading(self, obj: CrmObject) -> str:
        """What is read of `obj` and how, in one line."""
        return fingerprint(repr(obj), *sorted(self.settings.personal_fields), self.settings.style)

    def _walk(self, obj: CrmObject, window: Window, reader: Reader) -> Iterator[Sequence[Record] | datetime]:
        """Rows of the window; when there are many of them, in parts of time side by side, with the moments that they reach."""
        last, pages, seen = "", 0, set[int]()
        moved = Moved(window.end, lambda since: self._moved(obj, since), self.settle)
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
            threads = self.client.threads_for(total / LIMIT)
            yield from parts_in_time(parts, lambda part: self._walk_part(obj, part, moved, reader, last), threads)

    def _parts(self, obj: CrmObject, window: Window, last: str, total: int) -> list[Window]:
        """Parts of a window that holds enough rows behind `last` to be worth the counting."""
        if total < 2 * PART:
            return [window]
        first = window.start
        if first is None:
            rows = self._ask(obj, _inside(obj, window, last), (), orders=str(obj.cursor), limit=1).get("dataList") or [{}]
            first = moment_of(rows[0].get(obj.cursor))
        if first is None:
            return [window]
        threads = self.settings.manners.concurrency
        return parted(window, first, total, lambda part: self._count(obj, part, last), least=PART, threads=threads)

    def _count(self, obj: CrmObject, window: Window, last: str) -> int:
        """How many rows of the window are left, as far as Fxiaoke says; only ever used to cut parts of like size."""
        total = self._ask(obj, _inside(obj, window, last), ("_id",), orders="_id", limit=1, is_counted=True).get("total")
        return total if isinstance(total, int) else 0

    def _walk_part(
        self, obj: CrmObject, window: Window, moved: Moved, reader: Reader, last: str = ""
    ) -> Iterator[Sequence[Record]]:
        """Rows of the window behind `last`, in order of `_id`, and those that this walk lacks."""
        seen: set[int] = set()  # hashes of ids
        for rows in self._by_id(obj, _inside(obj, window), (), last, is_proved=True, reader=reader):
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
            changed = (_filter(obj.cursor, "GTE", milliseconds(since)),)
            for rows in self._by_id(obj, changed, ("_id", obj.cursor), is_proved=True):
                ids += [hash(row["_id"]) for row in rows]
                moments = [moment for row in rows if (moment := moment_of(row.get(obj.cursor))) is not None]
                newest = max((*moments, newest) if newest else moments, default=None)
        return Look(np.array(ids, np.int64), newest)

    def _lacking(self, obj: CrmObject, window: Window, moved: Moved, last: str, seen: set[int]) -> Iterator[list[Record]]:
        """Rows behind `last` that are not among `seen`, until Fxiaoke counts no more, or a second walk finds no others."""
        inside = _inside(obj, window)
        for _ in range(LOOKS):
            rows, total = self._query_counted(obj, [*inside, *_behind(last)], ("_id",))
            if all(hash(row["_id"]) in seen for row in rows) and (
                len(rows) == total
                # A row that was deleted meanwhile may hide one that is lacking: a count is for what is too long to list.
                or (total > HEAD * LIMIT and total == moved.left_of(_array(seen)))
            ):
                return
            ids = [row["_id"] for rows in self._by_id(obj, inside, ("_id",), last, is_proved=True) for row in rows]
            lacking = [one for one in ids if hash(one) not in seen]
            if not lacking:
                return  # fewer are there than came, some having moved on; or this tenant does not count
            log.warning("fxiaoke %s: the walk lacks %d rows; read by their ids", obj.name, len(lacking))
            for rows in self._with_ids(obj, lacking):
                seen.update(hash(row["_id"]) for row in rows)
                if inside_still := [row for row in rows if obj.cursor is None or is_inside(row.get(obj.cursor), window)]:
                    yield inside_still
        raise RetryLater(
            f"fxiaoke {obj.name}",
            asked=f"data/query of {obj.api_name} by _id",
            came=f"rows that Fxiaoke lists and does not give, in each of {LOOKS} tries",
            cure="nothing of this pull is kept; run again later",
        )

    def _with_ids(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[list[Record]]:
        """The rows with these ids."""
        wanted = set(keys)
        for start in range(0, len(keys), LIMIT):
            condition = {"field_name": "_id", "field_values": list(keys[start : start + LIMIT]), "operator": "IN"}
            for rows in self._by_id(obj, (condition,), ()):
                if asked_for := [row for row in rows if row["_id"] in wanted]:
                    yield asked_for

    def _by_id(
        self,
        obj: CrmObject,
        conditions: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        last: str = "",
        *,
        is_proved: bool = False,
        reader: Reader | None = None,
    ) -> Iterator[Sequence[Record]]:
        """Pages in order of `_id`; a merely short one may have been clamped, only none is the end: twice, if nobody proves it."""
        while True:
            rows = self._query(obj, [*conditions, *_behind(last)], fields, reader)
            if not rows and not is_proved:
                rows = self._confirmed(obj, conditions, fields, last)
            if not rows:
                return
            keys = column(rows, "_id")
            if keys[0] <= last or any(map(ge, keys, keys[1:])):
                raise broken(
                    obj, "_id not rising", "Fxiaoke dropped the order or the filter on _id; nothing of this pull is kept"
                )
            last = keys[-1]
            yield rows

    def _confirmed(
        self, obj: CrmObject, conditions: Sequence[Mapping[str, object]], fields: Sequence[str], last: str
    ) -> list[Record]:
        """What a second look finds where the first found no rows: none, unless Fxiaoke has lost them on the way."""
        for _ in range(LOOKS):
            rows, total = self._query_counted(obj, [*conditions, *_behind(last)], fields)
            if rows or not total:
                return rows
        raise RetryLater(
            f"fxiaoke {obj.name}",
            asked=f"data/query of {obj.api_name} in order of _id",
            came=f"no rows and a total of {total}",
            cure="nothing of this pull is kept; run again later",
        )

    def _query(
        self, obj: CrmObject, filters: Sequence[Mapping[str, object]], fields: Sequence[str], reader: Reader | None = None
    ) -> Sequence[Record]:
        """Up to a page of rows for which all filters hold; by their shape, if there is one that reads them so."""
        said = self._asked(obj, filters, fields, orders="_id", limit=LIMIT)
        if reader is None:
            return rows_of(obj, part_of(said, "data", dict, f"fxiaoke {obj.name}"))
        if "data" in said and (alike := reader.read(said["data"])) is not None:
            return alike
        rows = rows_of(obj, part_of(said, "data", dict, f"fxiaoke {obj.name}"))
        reader.learn(rows)
        return rows

    def _query_counted(
        self, obj: CrmObject, filters: Sequence[Mapping[str, object]], fields: Sequence[str]
    ) -> tuple[list[Record], int]:
        """Up to a page of rows, and how many there are in all as far as Fxiaoke says."""
        said = self._ask(obj, filters, fields, orders="_id", limit=LIMIT, is_counted=True)
        total = said.get("total")
        return rows_of(obj, said), total if isinstance(total, int) else 0

    def _ask(
        self,
        obj: CrmObject,
        filters: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        *,
        orders: str,
        limit: int,
        is_counted: bool = False,
    ) -> Mapping[str, Any]:
        """What a query answers, under `data`."""
        said = self._asked(obj, filters, fields, orders=orders, limit=limit, is_counted=is_counted)
        return part_of(said, "data", dict, f"fxiaoke {obj.name}")

    def _asked(
        self,
        obj: CrmObject,
        filters: Sequence[Mapping[str, object]],
        fields: Sequence[str],
        *,
        orders: str,
        limit: int,
        is_counted: bool = False,
    ) -> Mapping[str, Raw]:
        """The envelope of what a query answers."""
        search = {
            "limit": limit,
            "offset": 0,
            "filters": filters,
            "orders": [{"fieldName": orders, "isAsc": True}],
            "fieldProjection": fields,
        }
        body = {
            "includeNull": True,
            "data": {"dataObjectApiName": obj.api_name, "find_explicit_total_num": is_counted, "search_query_info": search},
        }
        path = f"cgi/crm/{'custom/' if obj.api_name.endswith('__c') else ''}v2/data/query"
        return self.client.ask(self._dialect.ask(obj.name, path, body))

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """Every object with a cursor, now and then: Fxiaoke lets no one see what was deleted for good."""
        return self.settings.sweep_every if obj.cursor is not None else None

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """All rows that this user may see: when each last changed, and whether it is 作废, which may move no moment."""
        for rows in self._by_id(obj, (), fields=("_id", LIFE, str(obj.cursor))):
            moments = [moment_of(row.get(obj.cursor)) for row in rows]
            yield Sight([row["_id"] for row in rows], moments, {LIFE: [row.get(LIFE) for row in rows]})

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """The rows with these ids as they are now; what is gone brings none."""
        wanted = set(keys)
        if (whole := self._whole(obj)) is not None:
            yield from self._cleaned(
                self._privacy(obj), ([row for row in rows if str(row.get(obj.key)) in wanted] for rows in whole)
            )
            return
        yield from self._cleaned(self._privacy(obj), self._with_ids(obj, keys))

    def check(self) -> list[Finding]:
        """Login, rights, clock and limits, each in plain words."""
        try:
            return list(examine(self))
        finally:
            self.client.budget.save()

    @property
    def moment(self) -> datetime:
        """What our clock says."""
        return datetime.fromtimestamp(self.client.now(), UTC)

    def listed_fields(self, obj: CrmObject) -> set[str]:
        """Names of the fields that Fxiaoke describes; none when it will not say."""
        return set(self._told.of(obj.api_name, "doctor") or ())

    def date_zones(self, obj: CrmObject) -> set[object]:
        """Zones in which an object's dates are midnights, as its description says."""
        described = self._told.of(obj.api_name, "doctor's clock") or {}
        return {about["time_zone"] for about in described.values() if about.get("type") == "date" and about.get("time_zone")}


def _array(seen: set[int]) -> Ids:
    """Hashes, as they are compared."""
    return np.fromiter(seen, np.int64, len(seen))


def _behind(last: str) -> list[dict[str, object]]:
    """The condition for rows behind one, if there is one."""
    return [_filter("_id", "GT", last)] if last else []


def _inside(obj: CrmObject, window: Window, last: str = "") -> list[dict[str, object]]:
    """The conditions that make a window, behind one row; none for an object that is read whole."""
    if obj.cursor is None:
        return []
    start = [] if window.start is None else [_filter(obj.cursor, "GTE", milliseconds(window.start))]
    return [*start, _filter(obj.cursor, "LT", milliseconds(window.end)), *_behind(last)]


def _filter(name: str, operator: str, value: object) -> dict[str, object]:
    """One condition, in the mixed spelling that Fxiaoke wants."""
    return {"field_name": name, "field_values": [value], "operator": operator}


def connect(settings: FxiaokeSettings) -> FxiaokeConnection:
    """A connection to one Fxiaoke tenant; nothing is asked before it is pulled."""
    return FxiaokeConnection(settings)
