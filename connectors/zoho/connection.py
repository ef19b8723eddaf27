"""One Zoho organisation, ready to be pulled: which of its modules are asked for what, and what of them goes to the lake.

What to add here: another thing that Zoho can be asked for.
What belongs elsewhere: how records are read (`records.py`), what answers mean (`dialect.py`), what is read (`objects.py`).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import requests

from connectors.answers import as_records
from connectors.catalogue import CrmObject
from connectors.client import Client, Deletion, Finding, Kept, Page, Record, Sight, Window
from connectors.faults import ContractBroken, Refused, TokenRefused
from connectors.metadata import Told, discovered
from connectors.privacy import Privacy
from connectors.sweeping import told
from connectors.texts import Texts
from connectors.tokens import TokenKeeper, fingerprint
from connectors.values import Caster, iso_date, iso_moment, iso_moments, moment_or_none
from connectors.zoho.bulk import Landed, before
from connectors.zoho.calls import Calls
from connectors.zoho.census import SUBFORMS, Census
from connectors.zoho.dialect import ZohoDialect, ZohoSettings
from connectors.zoho.doctor import examine
from connectors.zoho.objects import ABOUT, CURRENCIES, FIELD_SETTINGS, OBJECTS, STAGES
from connectors.zoho.records import Records, Rows
from connectors.zoho.types import PERSONAL, TYPES
from connectors.zoho.walk import PAGE, info_of, rows_of, until
from connectors.zoho.whole_texts import ids_of, make_whole, uncut

FIELDS = 50  # field names of one call, the most that Zoho takes
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
CONVERTED = "Converted__s"
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
        self._records = Records(settings, self.client, self._calls, self._census)
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
            pages = self._records.rows(obj, window, slices, kept)
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
                sound = uncut(records)
                yield self._exported(obj, records.only(sound), end, privacy, missing)
                again = self._calls.by_id(obj, ids_of(records, sound), self._slices[obj.name])
                yield from self._cleaned(obj, again, end, privacy, missing)
                continue
            inside = records if end is None else until(obj, records, end)
            withheld: set[str] = set()
            clean = [privacy.cleaned(record, withheld) for record in inside]
            if obj.cursor is not None and obj.api_name not in SUBFORMS:
                make_whole(obj, clean, self._calls)
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
        """Every record that exists, when it changed, and what may change without: whose it is, whether a lead is converted."""
        asked = ",".join(self._slices.get(obj.name) or self._fields(obj, self._privacy(obj), None)[0]).split(",")
        for rows in self._census.everything(obj, [name for name in asked if name == CONVERTED]):
            moments = [moment_or_none(row.get(obj.cursor)) for row in rows]
            states: dict[str, Sequence[object]] = {**told(rows, obj.owners)}
            if any(CONVERTED in row for row in rows):
                states[CONVERTED] = [str(row.get(CONVERTED)).lower() == "true" for row in rows]
            yield Sight([row["id"] for row in rows], moments, states)

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


def connect(settings: ZohoSettings) -> ZohoConnection:
    """A connection to one Zoho organisation; nothing is asked before it is pulled."""
    return ZohoConnection(settings)
