"""One Zoho organisation, ready to be pulled: what is asked, in which order, and when it is believed.

What to add here: another thing that Zoho can be asked for.
What belongs elsewhere: what its answers mean (`dialect.py`), paging (`walk.py`), what is read (`objects.py`).
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
import requests

from connectors.catalogue import CrmObject
from connectors.client import Ask, Client, Deletion, Finding, Kept, Page, Record, Window
from connectors.faults import ContractBroken, Deferred, Fault, Refused, RetryLater, TokenRefused, Unlisted
from connectors.privacy import Privacy
from connectors.texts import Texts
from connectors.together import parted, parts_in_time
from connectors.tokens import TokenKeeper, fingerprint
from connectors.values import Caster, iso_date, iso_moment, iso_moments
from connectors.zoho.bulk import MOST_FIELDS, Bulk, Landed, before
from connectors.zoho.dialect import NO_MODULE, ZohoDialect, ZohoSettings
from connectors.zoho.objects import OBJECTS
from connectors.zoho.walk import (
    PAGE,
    PART,
    SECOND,
    STALE_WALKS,
    Meeting,
    Stretch,
    Walk,
    broken,
    info_of,
    moment_of,
    once,
    rows_of,
    since_header,
    until,
)

log = logging.getLogger("connectors.zoho")

Rows = list[Record] | Texts | Landed | datetime  # records, or news about those that came before

FIELDS = 50  # field names of one call, the most that Zoho takes
COQL_ROWS = 2_000  # rows of a COQL answer
SIDE = 10_000  # records that are worth a walk of their own
LONG = timedelta(days=7)  # windows from which on counting is worth its calls
ROUNDS = 5  # times that a stretch is walked again before we give up on a module that never stands still
SUBFORMS = frozenset({"Quoted_Items", "Ordered_Items", "Invoiced_Items", "Purchase_Items", "Purchased_Items"})
NOT_IN_BULK = SUBFORMS | {"Leads", "DealHistory", "Notes", "Attachments"}
NOT_LISTED = frozenset(
    {
        "subform",
        "multiselectlookup",
        "multiuserlookup",
        "profileimage",
        "imageupload",
        "fileupload",
        "consent_lookup",
    }
)
FIELD_SETTINGS, CURRENCIES = "settings/fields", "org/currencies"
ABOUT = frozenset({FIELD_SETTINGS, CURRENCIES})
PEOPLE = frozenset(
    {
        "Owner",
        "Created_By",
        "Modified_By",
        "created_by",
        "modified_by",
        "Reporting_To",
        "Handler",
        "Contact_Name",
        "Who_Id",
        "Converted_Contact",
    }
)


class ZohoConnection:
    """One Zoho organisation, ready to be pulled."""

    source = "zoho"
    vanishing_limit = 0.2

    def __init__(
        self,
        settings: ZohoSettings,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is asked yet."""
        self.settings = settings
        self.overlap, self.settle = settings.overlap, settings.settle
        self.objects = tuple(
            obj.with_fields(*settings.custom_fields.get(obj.name, ())) for obj in (*OBJECTS, *settings.custom_objects)
        )
        dialect = ZohoDialect(settings)
        state = settings.state_folder
        self.client = Client(
            dialect,
            settings.manners,
            session=session,
            sleep=sleep,
            monotonic=monotonic,
            now=now,
            budget_file=state / "zoho.calls.json" if state else None,
        )
        self.client.keeper = TokenKeeper(
            lambda: dialect.login(self.client, now),
            owner=fingerprint(settings.accounts_url, settings.client_id, settings.client_secret, settings.refresh_token),
            cache=state / "zoho.token.json" if state else None,
            now=now,
            most=settings.manners.logins,
            within=settings.manners.logins_seconds,
        )
        self.cast = Caster(iso_moment, iso_date(ZoneInfo(settings.time_zone)), iso_moments)
        self._uncounted = {
            obj.name for obj in self.objects if obj.api_name == "Leads"
        }  # it may count them without the converted ones

    def __repr__(self) -> str:
        """Says which organisation, and no secret."""
        return f"ZohoConnection({self.settings.api_url})"

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""
        with tempfile.TemporaryDirectory(prefix="quarterdeck-") as folder:
            yield from self.pull_keeping(obj, window, Kept(Path(folder)))

    def pull_keeping(self, obj: CrmObject, window: Window, kept: Kept) -> Iterator[Page]:
        """As `pull`; a bulk read that broke off goes on with the results that it kept."""
        try:
            yield from self._pull(obj, window, kept)
        finally:
            self.client.budget.save()

    def _pull(self, obj: CrmObject, window: Window, kept: Kept) -> Iterator[Page]:
        privacy = Privacy(obj, self.settings.personal_fields, PEOPLE)
        missing: frozenset[str] = frozenset()
        pages: Iterator[Rows]
        if obj.api_name in ABOUT:
            pages = self._about(obj)
        elif obj.api_name == "Users":
            pages = self._users()
        else:
            listed = self._listed_fields(obj) if self.settings.every_field else None
            if listed is not None:
                yield Page((), fields=listed)
            slices, missing = self._fields(obj, privacy, listed)
            pages = self._records(obj, window, slices, kept)
        for records in pages:
            if isinstance(records, datetime):
                yield Page((), reached=records)
                continue
            if isinstance(records, Landed):
                yield Page((), note=str(records.files))
                continue
            if isinstance(records, Texts):
                export = records.only(before(obj, records, window.end))
                barred = frozenset(name for name in records.names if not privacy.allows(name))
                yield Page(export.without(barred), barred, missing, len(records) - len(export))
                continue
            inside = until(obj, records, window.end)
            withheld: set[str] = set()
            clean = [privacy.cleaned(record, withheld) for record in inside]
            yield Page(clean, frozenset(withheld), missing, len(records) - len(inside))

    def reading(self, obj: CrmObject) -> str:
        """What is read of `obj` and how, in one line."""
        settings = self.settings
        return fingerprint(repr(obj), *sorted(settings.personal_fields), str(settings.every_field), settings.version)

    def _ask(
        self, about: str, path: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> Mapping[str, msgspec.Raw]:
        """The envelope of what one path answers."""
        return self._send(about, "GET", path, params=params, headers=headers or {})

    def _send(self, about: str, method: str, path: str, base: str = "crm", **more: Any) -> Mapping[str, msgspec.Raw]:
        ask = Ask(about=about, method=method, url=self._url(base, path), interface="crm", **more)
        try:
            return self.client.ask(ask)
        except RetryLater as fault:
            if fault.code != "TOO_MANY_REQUESTS":
                raise
            said = fault
        raise Deferred(
            said.about,
            asked=said.asked,
            came=said.came,
            code=said.code,
            cure="the organisation's API credits are used up, or others use them: the next run goes on from here",
        )

    def _url(self, base: str, path: str) -> str:
        return f"{self.settings.api_url}/{base}/{self.settings.version}/{path}"

    def _records(self, obj: CrmObject, window: Window, slices: Sequence[str], kept: Kept) -> Iterator[Rows]:
        """Records of the window in the way that suits their number: bulk read, walks side by side, one walk."""
        if obj.cursor is None or (window.start is not None and window.end - window.start < LONG):
            return self._walk(obj, window, slices)
        total = self._counted(obj, window) or 0
        limit = self.settings.bulk_from
        # Converted leads and lines may be missing from a bulk read.
        if window.start is None and limit is not None and total >= limit and obj.api_name not in NOT_IN_BULK:
            return self._bulk(obj, window, slices, total, kept)
        return self._walk_parts(obj, window, slices, total)

    def _walk_parts(
        self, obj: CrmObject, window: Window, slices: Sequence[str], total: int
    ) -> Iterator[list[Record] | datetime]:
        """Records in parts of time that are walked side by side, each proved by itself."""
        parts = [window]
        if total >= 2 * SIDE:
            first = window.start
            for rows in self._pages(obj, str(obj.cursor), Walk(obj, first)):
                first = first or moment_of(obj, rows[0])
                break
            threads = self.settings.manners.concurrency
            if first is not None:
                parts = parted(window, first, total, lambda part: self._counted(obj, part) or 0, least=SIDE, threads=threads)
        if len(parts) == 1:
            yield from self._walk(obj, window, slices)
            return

        def read(part: Window) -> Iterator[list[Record] | datetime]:
            """One part; what lies behind it is the next part's, and behind the last the next pull's."""
            for rows in self._walk(obj, part, slices, window.end):
                is_last = part.end == window.end
                yield rows if is_last or isinstance(rows, datetime) else until(obj, rows, part.end)

        yield from parts_in_time(parts, read, self.client.threads_for(total / PAGE))

    def _bulk(self, obj: CrmObject, window: Window, slices: Sequence[str], total: int, kept: Kept) -> Iterator[Rows]:
        """Records of a bulk read, proved at the end to be all that Zoho counts; else the module is walked after all."""
        fields = [
            *dict.fromkeys(name for names in slices for name in names.split(",") if name != "id" and not name.startswith("$"))
        ]
        kept.folder.mkdir(exist_ok=True)
        bulk = Bulk(
            obj,
            ask=lambda method, path, json: self._send(obj.name, method, path, base="crm/bulk", json=json),
            download=lambda path: self.client.download(Ask(about=obj.name, method="GET", url=self._url("crm/bulk", path))),
            sleep=self.client.sleep,
            kept=kept,
        )
        end = window.end
        try:
            for came in bulk.read(fields[:MOST_FIELDS], end, total):
                if isinstance(came, datetime):
                    end = came
                else:
                    yield came
            ids = np.unique(np.frombuffer(bulk.ids, np.int64) if bulk.ids else np.empty(0, np.int64))
            is_whole = len(fields) <= MOST_FIELDS and self._is_whole(obj, Window(None, end), ids, is_late=end < window.end)
        except TokenRefused:
            raise
        except (Refused, ContractBroken) as fault:
            log.warning("%s", fault)
            is_whole = False
        if not is_whole:
            log.warning("zoho %s: the bulk read is not whole; walking page by page", obj.name)
            yield from self._walk_parts(obj, window, slices, total)
        elif end < window.end:  # it went on with an older one: what changed since is read page by page
            yield end
            yield from self._walk(obj, Window(end - self.overlap, window.end), slices)

    def _is_whole(
        self,
        obj: CrmObject,
        window: Window,
        ours: npt.NDArray[np.int64],
        closed: datetime | None = None,
        *,
        is_late: bool = False,
    ) -> bool:
        """Whether Zoho counts as many records in the window as we have, or changes since `closed` say why not.

        When it `is_late`, some have left the window, and others may have been missed for it: like numbers alone say nothing.
        """
        theirs = self._counted(obj, window)
        if theirs is None or (theirs == len(ours) and not is_late):
            return True
        closed = window.end if closed is None else closed
        gone = [hash(one.key) for one in self.deleted(obj, closed)] if is_late else []
        moved = np.fromiter({*self._moved(obj, closed), *gone}, dtype=np.int64)
        return theirs == len(np.setdiff1d(ours, moved))

    def _users(self) -> Iterator[list[Record]]:
        """People of all kinds; those deleted are asked for too, since Zoho does not say whether "all" holds them."""
        seen: set[str] = set()
        for kind in ("AllUsers", "DeletedUsers"):
            page = 1
            while True:
                said = self._ask("users", "users", {"type": kind, "page": page, "per_page": PAGE})
                rows = rows_of(said, "users")
                fresh = [row for row in rows if row["id"] not in seen]
                seen.update(row["id"] for row in fresh)
                if fresh:
                    yield fresh
                if not info_of(said).more_records or not rows:
                    break
                page += 1

    def _about(self, obj: CrmObject) -> Iterator[list[Record]]:
        """Metadata as records of their own: the fields of every module that is read, with their options; currencies."""
        if obj.api_name == CURRENCIES:
            yield rows_of(self._ask(obj.name, CURRENCIES, {}), "currencies")
            return
        for module in dict.fromkeys(one.api_name for one in self.objects if one.cursor is not None):
            fields = self._settings_of(obj.name, module) or []
            yield [{**row, "key": f"{module}.{row['api_name']}", "module": module} for row in fields]

    def _settings_of(self, about: str, module: str) -> list[Record] | None:
        """What Zoho says about the fields of a module; None when the organisation will not say."""
        try:
            said = self._ask(about, FIELD_SETTINGS, {"module": module})
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            return None
        return rows_of(said, "fields")

    def _fields(
        self, obj: CrmObject, privacy: Privacy, listed: Mapping[str, str] | None
    ) -> tuple[list[str], frozenset[str]]:
        """The field names to ask for, each at most 50 with the cursor among them, and the catalogue's that this module lacks."""
        names = dict.fromkeys(f.api_name for f in obj.fields if privacy.allows(f.api_name))
        missing: set[str] = set()
        if listed is not None:
            given = [name for name, kind in listed.items() if kind not in NOT_LISTED]
            missing = {name for name in names if name not in given and not name.startswith("$")}
            names = {name: None for name in (*names, *filter(privacy.allows, given)) if name not in missing}
        cursor = obj.cursor or "id"
        others = [name for name in names if name not in (cursor, "id")]
        step = FIELDS - 1
        slices = [",".join((cursor, *others[start : start + step])) for start in range(0, max(len(others), 1), step)]
        return slices, frozenset(missing)

    def _listed_fields(self, obj: CrmObject) -> dict[str, str] | None:
        """Fields that the module has, with their types; None when the organisation will not say."""
        rows = self._settings_of(obj.name, obj.api_name)
        return {row["api_name"]: str(row.get("data_type")) for row in rows} if rows else None

    def _walk(
        self, obj: CrmObject, window: Window, slices: Sequence[str], closed: datetime | None = None
    ) -> Iterator[list[Record] | datetime]:
        """Records in order of change, and now and then the moment up to which they are proved to be all.

        `closed` is where the window ends that this one is a part of: what changed since then cannot be in any part.
        """
        closed = closed or window.end
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
                yield from self._settled(obj, Window(begun, start), closed, slices, stretches)
                yield start
                begun, stretches = start, []
        yield from self._settled(obj, Window(begun, window.end), closed, slices, stretches)

    def _settled(
        self, obj: CrmObject, window: Window, closed: datetime, slices: Sequence[str], stretches: Sequence[Stretch]
    ) -> Iterator[list[Record]]:
        """What has to be walked again, because others may have been pushed past us, until these stretches are proved."""
        if obj.cursor is None or not any(stretch.ids for stretch in stretches):
            return
        for _ in range(ROUNDS):
            shaky = self._doubtful(obj, window, closed, stretches)
            if not shaky:
                return
            for stretch in shaky:
                yield from self._stretch(obj, window, slices, stretch)
        raise RetryLater(
            f"zoho {obj.name}",
            asked=f"GET {obj.api_name} in order of change",
            came=f"other records in each of {ROUNDS} walks",
            cure="run again when fewer people work in this module",
        )

    def _doubtful(self, obj: CrmObject, window: Window, closed: datetime, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Stretches that have to be walked again: those where a record moved on, or all if Zoho counts other than we do."""
        moved = self._moved(obj, closed) if any(stretch.pages > 1 for stretch in stretches) else set()
        shaky = [stretch for stretch in stretches if stretch.pages > 1 and not moved.isdisjoint(stretch.ids)]
        if shaky:
            return shaky
        ours = np.unique(np.concatenate([stretch.before(window.end) for stretch in stretches]))
        return [] if self._is_whole(obj, window, ours, closed) else list(stretches)

    def _counted(self, obj: CrmObject, window: Window) -> int | None:
        """How many records of the window Zoho counts; None where it cannot say."""
        if obj.name in self._uncounted:
            return None
        end = window.end if window.end.microsecond == 0 else window.end.replace(microsecond=0) + SECOND
        criteria = f"(Modified_Time:less_than:{end.isoformat()})"
        if window.start is not None:
            criteria = f"((Modified_Time:greater_equal:{window.start.replace(microsecond=0).isoformat()})and{criteria})"
        try:
            said = self._ask(obj.name, f"{obj.api_name}/actions/count", {"criteria": criteria})
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            self._uncounted.add(obj.name)  # no right to search, or a module that is not searched: the walk alone has to do
            return None
        return int(msgspec.json.decode(said["count"], type=int | str)) if "count" in said else None

    def _stretch(self, obj: CrmObject, window: Window, slices: Sequence[str], stretch: Stretch) -> Iterator[list[Record]]:
        """One stretch of a walk; its first slice of fields decides where it ends, and the slices of a record meet by its id."""
        stretch.begin()
        meeting = Meeting(obj, len(slices))
        walk = Walk(obj, stretch.start)
        for rows in self._pages(obj, slices[0], walk):
            stretch.count(obj, rows, window)
            yield meeting.bring(rows, 0)
            if walk.has_passed(window.end) or stretch.is_complete(walk):
                break
        for number, names in enumerate(slices[1:], start=1):
            walk = Walk(obj, stretch.start)
            for rows in self._pages(obj, names, walk):
                yield meeting.bring(rows, number)
                if walk.has_passed(stretch.end or window.end):
                    break
        until = window.end if stretch.end is None else stretch.end - SECOND
        for key in meeting.waiting(until):  # moved between the walks of two slices: read again by id
            yield self._one(obj, key, slices)

    def _pages(self, obj: CrmObject, names: str, walk: Walk) -> Iterator[list[Record]]:
        """Pages of one slice of fields, oldest change first."""
        while not walk.is_over:
            try:
                said = self._ask(obj.name, obj.api_name, walk.parameters(names), since_header(walk.anchor))
            except ContractBroken as fault:
                if fault.code not in STALE_WALKS:
                    raise
                walk.start_over(fault)
                continue
            rows = rows_of(said, "data")
            walk.take(rows, info_of(said))
            if rows:
                yield rows

    def _one(self, obj: CrmObject, key: str, slices: Sequence[str]) -> list[Record]:
        """One record, whole; none if it is gone."""
        record: Record = {}
        for names in slices:
            for row in rows_of(self._ask(obj.name, f"{obj.api_name}/{key}", {"fields": names}), "data"):
                record |= row
        return [record] if record else []

    def _moved(self, obj: CrmObject, closed: datetime) -> set[int]:
        """Which records changed or went since the window closed."""
        moved: set[int] = set()
        repeats = True
        while repeats:
            seen: list[int] = []
            for rows in self._pages(obj, str(obj.cursor), Walk(obj, closed)):
                seen += [hash(row["id"]) for row in rows]
            repeats = len(set(seen)) < len(seen)  # one of these moved again while we looked
            moved |= set(seen)
        try:
            return moved | {hash(gone.key) for gone in self.deleted(obj, closed)}
        except Unlisted as fault:
            said = fault
        raise RetryLater(
            said.about, asked=said.asked, came=said.came, cure="too much is deleted while this module is read; run again later"
        )

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record in Zoho's list of deleted ones since then; modules without such a list have none."""
        if obj.cursor is None or obj.api_name in SUBFORMS:
            return
        page = 1
        while True:
            try:
                said = self._ask(
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
            rows = rows_of(said, "data")
            for row in rows:
                yield Deletion(row["id"], iso_moment(row.get("deleted_time")), str(row.get("type")))
            if not info_of(said).more_records or not rows:
                return
            page += 1

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """Lines at every pull, since no list tells which were taken out of an order; the rest now and then."""
        if obj.cursor is None or self.settings.sweep_every is None:
            return None
        return timedelta(0) if obj.api_name in SUBFORMS else self.settings.sweep_every

    def sweep(self, obj: CrmObject) -> Iterator[Sequence[str]]:
        """The ids of all records, by COQL in order of id: no page that shifts, three credits for 2,000."""
        last = "0"
        while rows := self._select(obj, f"id > {last}"):
            ids = [str(row["id"]) for row in rows]
            if any(int(later) <= int(earlier) for earlier, later in zip([last, *ids], ids, strict=False)):
                raise broken(obj, "ids that do not rise", "COQL dropped the order or the condition; nothing of this pull is kept")
            last = ids[-1]
            yield ids

    def _select(self, obj: CrmObject, condition: str) -> list[Record]:
        """Ids by COQL."""
        query = f"select id from {obj.api_name} where {condition} order by id asc limit {COQL_ROWS}"
        return rows_of(self._send(obj.name, "POST", "coql", json={"select_query": query}), "data")

    def alive(self, obj: CrmObject, keys: Sequence[str]) -> set[str]:
        """Those of the ids that can still be read."""
        found: set[str] = set()
        for start in range(0, len(keys), 50):
            params: dict[str, str | int] = {
                "fields": str(obj.cursor),
                "ids": ",".join(keys[start : start + 50]),
                "per_page": PAGE,
            }
            if obj.api_name == "Leads":
                params["converted"] = "both"
            found.update(row["id"] for row in rows_of(self._ask(obj.name, obj.api_name, params), "data"))
        return found & set(keys)

    def check(self) -> list[Finding]:
        """Whether we get in, whose organisation it is, and which modules we may read."""
        try:
            rows = rows_of(self._ask("organisation", "org", {}), "org")
        except Fault as fault:
            return [Finding("zoho login", is_good=False, says=fault.came, cure=fault.cure)]
        name = str(rows[0].get("company_name")) if rows else "an organisation that does not say its name"
        found = [Finding("zoho login", is_good=True, says=f"in, as a user of {name}")]
        zone = rows[0].get("time_zone") if rows else None
        if zone and zone != self.settings.time_zone:
            found.append(
                Finding(
                    "zoho time zone",
                    is_good=False,
                    says=f"the organisation keeps {zone}, the settings say {self.settings.time_zone}",
                    cure="set time_zone to the organisation's, or dates move",
                )
            )
        for obj in self.objects:
            path, params = (
                (obj.api_name, {"fields": "id,Modified_Time", "per_page": 1})
                if obj.cursor
                else ("users", {"type": "ActiveUsers", "per_page": 1})
            )
            try:
                self._ask(obj.name, path, params)
            except Fault as fault:
                found.append(Finding(f"zoho {obj.name}", is_good=False, says=fault.came, cure=fault.cure))
            else:
                found.append(Finding(f"zoho {obj.name}", is_good=True, says="may be read"))
        return found


def connect(settings: ZohoSettings) -> ZohoConnection:
    """A connection to one Zoho organisation; nothing is asked before it is pulled."""
    return ZohoConnection(settings)
