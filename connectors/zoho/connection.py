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
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import requests

from connectors.answers import as_records
from connectors.catalogue import CrmObject
from connectors.client import Client, Deletion, Finding, Kept, Page, Record, Sight, Window
from connectors.faults import ContractBroken, Refused, RetryLater, TokenRefused
from connectors.metadata import Told, discovered
from connectors.moved import Ids, Moved
from connectors.newest import hashed
from connectors.privacy import Privacy
from connectors.texts import Texts
from connectors.together import parted, parts_in_time
from connectors.tokens import TokenKeeper, fingerprint
from connectors.values import Caster, iso_date, iso_moment, iso_moments, moment_or_none
from connectors.zoho.bulk import MOST_FIELDS, Bulk, Landed, before
from connectors.zoho.calls import Calls
from connectors.zoho.census import SUBFORMS, Census
from connectors.zoho.dialect import ZohoDialect, ZohoSettings
from connectors.zoho.doctor import examine
from connectors.zoho.objects import ABOUT, CURRENCIES, FIELD_SETTINGS, OBJECTS, STAGES
from connectors.zoho.types import PERSONAL, TYPES
from connectors.zoho.walk import (
    PAGE,
    PART,
    SECOND,
    Meeting,
    Stretch,
    Walk,
    info_of,
    moment_of,
    once,
    rows_of,
    until,
)

log = logging.getLogger("connectors.zoho")

Rows = list[Record] | Texts | Landed | datetime  # records, or news about those that came before

FIELDS = 50  # field names of one call, the most that Zoho takes
SIDE = 10_000  # records that are worth a walk of their own
DOWNLOADS, DOWNLOADS_SECONDS = 10, 62.0  # results of bulk reads in a minute; one too many closes the door for a minute to all
LONG = timedelta(days=7)  # windows from which on counting is worth its calls
ROUNDS = 5  # times that a stretch is walked again before we give up on a module that never stands still
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
        self.vanishing_limit = settings.vanishing_limit
        self.objects = tuple(
            obj.with_fields(*settings.custom_fields.get(obj.name, ()))
            for obj in (*OBJECTS, *settings.custom_objects)
            if obj.name not in settings.left_out
        )
        self._declared = {obj.name: {field.api_name for field in obj.fields} for obj in self.objects}
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
        self._told = Told(lambda module, about: self._settings_of(about, module))
        self.cast = Caster(iso_moment, iso_date(ZoneInfo(settings.time_zone)), iso_moments)
        self._calls = Calls(settings, self.client)
        self._census = Census(self._calls)
        self._before_download = self.client.pace(DOWNLOADS, DOWNLOADS_SECONDS)
        self._slices: dict[str, list[str]] = {}  # by object: the field names that its last pull asked for
        self._typed: dict[str, frozenset[str]] = {}  # by object: the fields that Zoho calls phones or mails

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
        privacy = self._privacy(obj)
        missing: frozenset[str] = frozenset()
        pages: Iterator[Rows]
        if obj.cursor is None and (whole := self._whole(obj)) is not None:
            pages = whole
        else:
            listed = self._listed_fields(obj) if self.settings.every_field else None
            if listed is not None:
                yield Page((), fields=listed)
                self._typed[obj.name] = frozenset(name for name, kind in listed.items() if kind in PERSONAL)
                privacy = self._privacy(obj)
            slices, missing = self._fields(obj, privacy, listed)
            self._slices[obj.name] = slices
            pages = self._records(obj, window, slices, kept)
        yield from self._cleaned(obj, pages, window.end, privacy, missing)

    def _privacy(self, obj: CrmObject) -> Privacy:
        """What of the object's records may enter the lake, as far as its last pull learned from Zoho."""
        return Privacy(obj, self.settings.personal_fields, PEOPLE, self._typed.get(obj.name, ()))

    def _cleaned(
        self,
        obj: CrmObject,
        pages: Iterator[Rows],
        end: datetime | None,
        privacy: Privacy,
        missing: frozenset[str] = frozenset(),
    ) -> Iterator[Page]:
        """Pages of what changed before `end` (None: whenever it did), without personal data that the company did not ask for."""
        for records in pages:
            if isinstance(records, datetime):
                yield Page((), reached=records)
                continue
            if isinstance(records, Landed):
                yield Page((), note=str(records.files))
                continue
            if isinstance(records, Texts):
                yield self._exported(obj, records, end, privacy, missing)
                continue
            inside = records if end is None else until(obj, records, end)
            withheld: set[str] = set()
            clean = [privacy.cleaned(record, withheld) for record in inside]
            yield Page(clean, frozenset(withheld), missing, len(records) - len(inside))

    @staticmethod
    def _exported(
        obj: CrmObject, records: Texts, end: datetime | None, privacy: Privacy, missing: frozenset[str]
    ) -> Page:
        """The same for records of an export."""
        export = records if end is None else records.only(before(obj, records, end))
        barred = frozenset(name for name in records.names if not privacy.allows(name))
        return Page(export.without(barred), barred, missing, len(records) - len(export))

    def _whole(self, obj: CrmObject) -> Iterator[list[Record]] | None:
        """All records of what is not walked: people, and what Zoho says about itself; None for a module."""
        if obj.api_name in ABOUT:
            return self._about(obj)
        return self._users() if obj.api_name == "Users" else None

    def discovered(self, obj: CrmObject, before: Mapping[str, str]) -> CrmObject:
        """A custom object with a column for every field that Zoho lists now or listed `before`."""
        now = self._types_of(self._told.of(obj.api_name, "columns")) or {}
        listed = {name: kind for name, kind in {**before, **now}.items() if kind not in NOT_LISTED}
        return discovered(obj, listed, TYPES, PERSONAL)

    def reading(self, obj: CrmObject) -> str:
        """What is read of `obj` and how, in one line."""
        settings = self.settings
        return fingerprint(repr(obj), *sorted(settings.personal_fields), str(settings.every_field), settings.version)

    def _records(self, obj: CrmObject, window: Window, slices: Sequence[str], kept: Kept) -> Iterator[Rows]:
        """Records of the window in the way that suits their number: bulk read, walks side by side, one walk."""
        if obj.cursor is None or (window.start is not None and window.end - window.start < LONG):
            return self._walk(obj, window, slices)
        total = self._census.counted(obj, window) or 0
        limit = self.settings.bulk_from
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
            threads = self.settings.manners.concurrency
            if first is not None:
                counted = self._census.counted
                parts = parted(window, first, total, lambda part: counted(obj, part) or 0, least=SIDE, threads=threads)
        if len(parts) == 1:
            yield from self._walk(obj, window, slices)
            return

        moved = self._census.moved(obj, window.end, self.settle)

        def read(part: Window) -> Iterator[list[Record] | datetime]:
            """One part; what lies behind it is the next part's, and behind the last the next pull's."""
            for rows in self._walk(obj, part, slices, moved):
                is_last = part.end == window.end
                yield rows if is_last or isinstance(rows, datetime) else until(obj, rows, part.end)

        yield from parts_in_time(parts, read, self.client.threads_for(total / PAGE))

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
            sleep=self.client.sleep,
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
            moved = self._census.moved(obj, end, self.settle)
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
            yield from self._walk(obj, Window(end - self.overlap, window.end), slices)

    def _users(self) -> Iterator[list[Record]]:
        """People of all kinds; those deleted are asked for too, since Zoho does not say whether "all" holds them."""
        seen: set[str] = set()
        for kind in ("AllUsers", "DeletedUsers"):
            page = 1
            while True:
                said = self._calls.ask("users", "users", {"type": kind, "page": page, "per_page": PAGE})
                rows = rows_of(said, "users", "users")
                fresh = [row for row in rows if row["id"] not in seen]
                if page > 1 and rows and not fresh:
                    raise ContractBroken(
                        "zoho users", asked=f"page {page} of {kind}", came="people who came before", cure="nothing of it is kept"
                    )
                seen.update(row["id"] for row in fresh)
                if fresh:
                    yield fresh
                if not info_of(said, "users").more_records or not rows:
                    break
                page += 1

    def _about(self, obj: CrmObject) -> Iterator[list[Record]]:
        """Metadata as records of their own: the fields of every module that is read, with their options; currencies."""
        if obj.api_name == CURRENCIES:
            yield rows_of(self._calls.ask(obj.name, CURRENCIES, {}), obj.name, "currencies", obj.key)
            return
        if obj.api_name == STAGES:
            fields = self._told.of("Deals", obj.name) or []
            told = [row.get("pick_list_values") or [] for row in fields if row["api_name"] == "Stage"]
            options = [option for one in told for option in (one if isinstance(one, list) else [one])]
            yield as_records(options, "pick_list_values", f"zoho {obj.name}", obj.key)
            return
        for module in dict.fromkeys(one.api_name for one in self.objects if one.cursor is not None):
            fields = self._told.of(module, obj.name) or []
            yield [{**row, "key": f"{module}.{row['api_name']}", "module": module} for row in fields]

    def _settings_of(self, about: str, module: str) -> list[Record] | None:
        """What Zoho says about the fields of a module; None when the organisation will not say."""
        try:
            said = self._calls.ask(about, FIELD_SETTINGS, {"module": module})
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            return None
        return rows_of(said, about, "fields", "api_name")

    def _fields(
        self, obj: CrmObject, privacy: Privacy, listed: Mapping[str, str] | None
    ) -> tuple[list[str], frozenset[str]]:
        """The field names to ask for, each at most 50 with the cursor among them, and the catalogue's that this module lacks."""
        names = dict.fromkeys(f.api_name for f in obj.fields if privacy.allows(f.api_name))
        missing: set[str] = set()
        if listed is not None:
            given = [name for name, kind in listed.items() if kind not in NOT_LISTED]
            absent = {name for name in names if name not in given and not name.startswith("$")}
            names = {name: None for name in (*names, *filter(privacy.allows, given)) if name not in absent}
            # A column that was discovered and went is told of once, as vanished.
            missing = absent & self._declared[obj.name] if obj.is_custom else absent
        cursor = obj.cursor or "id"
        others = [name for name in names if name not in (cursor, "id")]
        step = FIELDS - 1
        slices = [",".join((cursor, *others[start : start + step])) for start in range(0, max(len(others), 1), step)]
        return slices, frozenset(missing)

    def _listed_fields(self, obj: CrmObject) -> dict[str, str] | None:
        """Fields that the module has, with their types; None when the organisation will not say."""
        return self._types_of(self._told.of(obj.api_name, "records"))

    @staticmethod
    def _types_of(rows: list[Record] | None) -> dict[str, str] | None:
        return {row["api_name"]: str(row.get("data_type")) for row in rows} if rows else None

    def _walk(
        self, obj: CrmObject, window: Window, slices: Sequence[str], moved: Moved | None = None
    ) -> Iterator[list[Record] | datetime]:
        """Records in order of change, and now and then the moment up to which they are proved to be all.

        `moved` is what changes meanwhile, by the window that this one is a part of: it cannot be in any part.
        """
        moved = moved or self._census.moved(obj, window.end, self.settle)
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

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record in Zoho's list of deleted ones since then; modules without such a list have none."""
        return self._census.deleted(obj, since)

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """Lines at every pull, since no list tells which were taken out of an order; the rest now and then.

        So do stages: a row of DealHistory bears the moment at which its stage was entered, however late it comes.
        """
        if obj.cursor is None or self.settings.sweep_every is None:
            return None
        return timedelta(0) if obj.api_name in SUBFORMS or obj.api_name == "DealHistory" else self.settings.sweep_every

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """Every record that exists, and when it last changed."""
        for rows in self._census.everything(obj):
            yield Sight([row["id"] for row in rows], [moment_or_none(row.get(obj.cursor)) for row in rows])

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """The records with these ids as they are now; what is gone brings none."""
        privacy = self._privacy(obj)
        slices = self._slices.get(obj.name) or self._fields(obj, privacy, None)[0]
        pages = self._whole(obj) if obj.cursor is None else None
        if pages is None:
            pages = self._calls.by_id(obj, keys, slices)
        else:
            wanted = set(keys)
            pages = ([row for row in rows if str(row.get(obj.key)) in wanted] for rows in pages)
        yield from self._cleaned(obj, pages, None, privacy)

    def check(self) -> list[Finding]:
        """Login, data centre, scopes, rights, clock and limits, each in plain words."""
        try:
            return list(examine(self))
        finally:
            self.client.budget.save()

    def ask(
        self, about: str, path: str, params: Mapping[str, str | int] | None = None, base: str = "crm"
    ) -> Mapping[str, msgspec.Raw]:
        """One question as `doctor` asks it: the bare answer, or the fault it stands for."""
        return self._calls.send(about, "GET", path, base=base, params=params or {})

    def select_one(self, module: str) -> list[Record]:
        """One id by COQL."""
        query = {"select_query": f"select id from {module} where id > 0 order by id asc limit 1"}
        return rows_of(self._calls.send("ids", "POST", "coql", json=query), "ids")

    def listed_fields(self, obj: CrmObject) -> set[str]:
        """Names of the fields that Zoho lists; none when it will not say."""
        return {row["api_name"] for row in self._told.of(obj.api_name, "doctor") or ()}


def _before(stretches: Sequence[Stretch], end: datetime) -> Ids:
    """The ids in these stretches that changed before `end`."""
    return np.unique(np.concatenate([stretch.before(end) for stretch in stretches]))


def connect(settings: ZohoSettings) -> ZohoConnection:
    """A connection to one Zoho organisation; nothing is asked before it is pulled."""
    return ZohoConnection(settings)
