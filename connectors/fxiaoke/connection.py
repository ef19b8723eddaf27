"""One Fxiaoke tenant, ready to be pulled: which of its objects are asked for how, and what of them goes to the lake.

What to add here: another thing that Fxiaoke can be asked for.
What belongs elsewhere: how rows are walked (`walk.py`), what answers mean (`dialect.py`), what is read (`objects.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import requests

from connectors.alike import Alike
from connectors.answers import as_records, part_of, records_of
from connectors.catalogue import CrmObject
from connectors.client import Client, Deletion, Finding, Page, Record, Sight, Window
from connectors.faults import Absent, ContractBroken, Fault, Refused, TokenRefused
from connectors.fxiaoke.dialect import FxiaokeDialect, FxiaokeSettings, Style
from connectors.fxiaoke.doctor import examine
from connectors.fxiaoke.objects import ABOUT, DESCRIBE, OBJECT_LIST, OBJECTS, STAFF_OBJECTS
from connectors.fxiaoke.queries import Queries
from connectors.fxiaoke.rows import moment_of, undecorated
from connectors.fxiaoke.types import PERSONAL, TYPES
from connectors.fxiaoke.walk import Walks
from connectors.metadata import Told, discovered
from connectors.privacy import Privacy
from connectors.sweeping import told
from connectors.tokens import TokenKeeper, fingerprint
from connectors.values import Caster, epoch_date, epoch_moment, epoch_moments

log = logging.getLogger("connectors.fxiaoke")

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
        self._queries = Queries(self.client, self._dialect)
        self._walks = Walks(self.client, self._queries, settings.settle)
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

    def objects_of_its_own(self) -> set[str]:
        """Names of the objects that this tenant has made, as far as its list shows them."""
        rows = self._object_list("objects of its own")
        return {str(row["describeApiName"]) for row in rows if str(row.get("describeApiName")).endswith("__c")}

    def _pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        pages: Iterator[Sequence[Record] | datetime] | None = self._whole(obj)
        if pages is None:
            if self.settings.every_field:
                described = self._types_of(self._told.of(obj.api_name, "records"))
                if described:
                    self._typed[obj.name] = frozenset(name for name, kind in described.items() if kind in PERSONAL)
                    yield Page((), fields=described)
            pages = self._walks.rows(obj, window, self._privacy(obj))
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

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """Every object with a cursor, now and then: Fxiaoke lets no one see what was deleted for good."""
        return self.settings.sweep_every if obj.cursor is not None else None

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """All rows that this user may see: when each changed, and what may change without: whether it is 作废, whose it is."""
        for rows in self._queries.by_id(obj, (), fields=("_id", LIFE, str(obj.cursor), *obj.owners)):
            moments = [moment_of(row.get(obj.cursor)) for row in rows]
            states: dict[str, Sequence[object]] = {LIFE: [row.get(LIFE) for row in rows], **told(rows, obj.owners)}
            yield Sight([row["_id"] for row in rows], moments, states)

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """The rows with these ids as they are now; what is gone brings none."""
        wanted = set(keys)
        if (whole := self._whole(obj)) is not None:
            yield from self._cleaned(
                self._privacy(obj), ([row for row in rows if str(row.get(obj.key)) in wanted] for rows in whole)
            )
            return
        yield from self._cleaned(self._privacy(obj), self._queries.with_ids(obj, keys))

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


def connect(settings: FxiaokeSettings) -> FxiaokeConnection:
    """A connection to one Fxiaoke tenant; nothing is asked before it is pulled."""
    return FxiaokeConnection(settings)
