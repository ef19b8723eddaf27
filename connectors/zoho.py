"""Zoho CRM: its catalogue, its login, its dialect.

What to add here: an object of Zoho (a row of `OBJECTS`), a field, a way in which Zoho answers.
What belongs elsewhere: retry and throttling (`client.py`), where pages land (`lake.py`).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import requests

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Ask, Client, Deletion, Finding, Manners, Page, Record, Reply, Window, decoded, redacted
from connectors.faults import ContractBroken, Fault, Deferred, Refused, RetryLater, TokenRefused
from connectors.privacy import Privacy
from connectors.tokens import Token, TokenKeeper, fingerprint
from connectors.values import casts, decoder, iso_date, iso_moment

T = FieldType

OWNER = Field("owner_id", "Owner", T.ID)
CREATED = Field("created_at", "Created_Time", T.TIMESTAMP)
MONEY_HEADER = (
    Field("sub_total", "Sub_Total", T.MONEY),
    Field("discount", "Discount", T.MONEY),
    Field("tax", "Tax", T.MONEY),
    Field("adjustment", "Adjustment", T.MONEY),
    Field("grand_total", "Grand_Total", T.MONEY),
    Field("currency_code", "Currency"),
    Field("exchange_rate", "Exchange_Rate", T.NUMBER),
)

OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="users", api_name="Users", key="id", people=True,
        description="People with a seat in Zoho, those who left included.",
        fields=(
            Field("full_name", "full_name"),
            Field("status", "status"),
            Field("role_id", "role", T.ID),
            Field("profile_id", "profile", T.ID),
            Field("reporting_to_id", "Reporting_To", T.ID),
            Field("time_zone", "time_zone"),
            Field("created_at", "created_time", T.TIMESTAMP),
            Field("email", "email", personal=True),
            Field("mobile", "mobile", personal=True),
        ),
    ),
    CrmObject(
        name="accounts", api_name="Accounts", key="id", cursor="Modified_Time",
        description="Customers as Zoho keeps them.",
        fields=(
            Field("account_name", "Account_Name"),
            Field("account_number", "Account_Number"),
            Field("account_type", "Account_Type"),
            Field("industry", "Industry"),
            OWNER,
            Field("parent_account_id", "Parent_Account", T.ID),
            Field("billing_state", "Billing_State"),
            Field("billing_city", "Billing_City"),
            Field("billing_street", "Billing_Street"),
            Field("billing_country", "Billing_Country"),
            Field("phone", "Phone", personal=True),
            Field("website", "Website"),
            CREATED,
        ),
    ),
    CrmObject(
        name="opportunities", api_name="Deals", key="id", cursor="Modified_Time",
        description="Deals: stage, amount and closing date as they stand.",
        fields=(
            Field("opportunity_name", "Deal_Name"),
            Field("account_id", "Account_Name", T.ID),
            OWNER,
            Field("stage", "Stage"),
            Field("amount", "Amount", T.MONEY),
            Field("probability", "Probability", T.NUMBER),
            Field("close_date", "Closing_Date", T.DATE),
            Field("opportunity_type", "Type"),
            Field("lead_source", "Lead_Source"),
            Field("loss_reason", "Reason_For_Loss__s"),
            Field("stage_changed_at", "Stage_Modified_Time", T.TIMESTAMP),
            Field("currency_code", "Currency"),
            Field("exchange_rate", "Exchange_Rate", T.NUMBER),
            CREATED,
        ),
    ),
    CrmObject(
        name="orders", api_name="Sales_Orders", key="id", cursor="Modified_Time",
        description="Sales orders. Zoho has no order date of its own: companies keep it in `Order_Date`, else it was created then.",
        fields=(
            Field("order_no", "SO_Number"),
            Field("subject", "Subject"),
            Field("order_date", "Order_Date", T.DATE),
            Field("status", "Status"),
            Field("account_id", "Account_Name", T.ID),
            Field("opportunity_id", "Deal_Name", T.ID),
            OWNER,
            *MONEY_HEADER,
            CREATED,
        ),
    ),
    CrmObject(
        name="order_lines", api_name="Ordered_Items", key="id", cursor="Modified_Time",
        description="Lines of sales orders, read through the subform's own module.",
        fields=(
            Field("order_id", "Parent_Id", T.ID),
            Field("product_id", "Product_Name", T.ID),
            Field("quantity", "Quantity", T.NUMBER),
            Field("list_price", "List_Price", T.MONEY),
            Field("total", "Total", T.MONEY),
            Field("discount", "Discount", T.MONEY),
            Field("tax", "Tax", T.MONEY),
            Field("net_total", "Net_Total", T.MONEY),
            Field("sequence_number", "Sequence_Number", T.INTEGER),
            CREATED,
        ),
    ),
    CrmObject(
        name="invoices", api_name="Invoices", key="id", cursor="Modified_Time",
        description="Invoices with one due date each.",
        fields=(
            Field("invoice_no", "Invoice_Number"),
            Field("subject", "Subject"),
            Field("invoice_date", "Invoice_Date", T.DATE),
            Field("due_date", "Due_Date", T.DATE),
            Field("status", "Status"),
            Field("order_id", "Sales_Order", T.ID),
            Field("account_id", "Account_Name", T.ID),
            OWNER,
            *MONEY_HEADER,
            CREATED,
        ),
    ),
    CrmObject(
        name="visits", api_name="Events", key="id", cursor="Modified_Time",
        description="Events, of which those with a check-in are visits.",
        fields=(
            Field("title", "Event_Title"),
            Field("started_at", "Start_DateTime", T.TIMESTAMP),
            Field("ended_at", "End_DateTime", T.TIMESTAMP),
            OWNER,
            Field("related_id", "What_Id", T.ID),
            Field("related_module", "$se_module"),
            Field("checked_in_at", "Check_In_Time", T.TIMESTAMP),
            Field("check_in_status", "Check_In_Status"),
            Field("record_text", "Description"),
            Field("latitude", "Latitude", personal=True),
            Field("longitude", "Longitude", personal=True),
            CREATED,
        ),
    ),
)

PAGE = 200  # rows of a page, the most that Zoho gives
FIELDS = 50  # field names of one call, the most that Zoho takes
COQL_ROWS = 2_000  # rows of a COQL answer
SUBFORMS = frozenset({"Quoted_Items", "Ordered_Items", "Invoiced_Items", "Purchase_Items", "Purchased_Items"})
STRETCH = 50  # pages that follow each other by token before a walk takes a new anchor
ROUNDS = 5  # times that a stretch is walked again before we give up on a module that never stands still
SECOND = timedelta(seconds=1)  # how finely Modified_Time tells
NO_ROWS = frozenset({204, 304})
DEAD_TOKENS = frozenset({"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE"})
STALE_WALKS = frozenset({"EXPIRED_VALUE", "PAGINATION_LIMIT_EXCEEDED", "TOKEN_BOUND_DATA_MISMATCH"})
NO_RIGHT = frozenset({"NO_PERMISSION", "NOT_SUPPORTED", "AUTHORIZATION_FAILED", "FEATURE_NOT_ENABLED", "OAUTH_SCOPE_MISMATCH"})
NO_MODULE = frozenset({"INVALID_MODULE", "INVALID_URL_PATTERN"})
CURES = {
    "OAUTH_SCOPE_MISMATCH": "grant the client the scopes ZohoCRM.modules.READ, ZohoCRM.settings.READ, ZohoCRM.users.READ and ZohoCRM.org.READ",
    "NO_PERMISSION": "give the profile of the API user the right to view this module",
    "NOT_SUPPORTED": "Zoho lets only administrators read this module",
    "INVALID_MODULE": "this organisation has no such module, or the API user may not see it",
}
NOT_LISTED = frozenset({"subform", "multiselectlookup", "multiuserlookup", "profileimage", "imageupload", "fileupload", "consent_lookup"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ZohoSettings:
    """Where one Zoho organisation is, who we are to it, and what the company wants of it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    accounts_url: str = "https://accounts.zoho.com.cn"
    api_url: str = "https://www.zohoapis.com.cn"
    version: str = "v8"
    time_zone: str = "Asia/Shanghai"
    overlap: timedelta = timedelta(hours=2)
    settle: timedelta = timedelta(minutes=10)
    sweep_every: timedelta | None = timedelta(days=7)  # how often all ids are compared, beside the deleted list; None: never
    manners: Manners = Manners(concurrency=8)  # under Zoho's 10 at a time for sorted reads, in every edition
    state_folder: Path | None = None  # token cache and call counter; None: kept in memory
    custom_fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)  # by our object name
    custom_objects: tuple[CrmObject, ...] = ()
    personal_fields: frozenset[str] = frozenset()  # "accounts.phone": personal fields that the company keeps
    every_field: bool = True  # ask for all fields that the module has, not only for the catalogue's


class ZohoDialect:
    """How Zoho wants to be asked, and what its answers mean."""

    source = "zoho"

    def __init__(self, settings: ZohoSettings) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._secrets = (settings.client_secret, settings.refresh_token)

    def authorized(self, ask: Ask, token: Token) -> Ask:
        """The question with Zoho's own authorization header."""
        return replace(ask, headers={**ask.headers, "Authorization": f"Zoho-oauthtoken {token.value}"})

    def login(self, client: Client, now: Callable[[], float]) -> Token:
        """An access token for the refresh token; Zoho reports most failures with status 200."""
        settings = self._settings
        ask = Ask(
            about="login", method="POST", url=f"{settings.accounts_url}/oauth/v2/token",
            form={
                "grant_type": "refresh_token", "refresh_token": settings.refresh_token,
                "client_id": settings.client_id, "client_secret": settings.client_secret,
            },
        )
        reply = client.ask_without_token(ask)
        if reply.status >= 500:
            raise self._later(ask, f"HTTP {reply.status}")
        said = {key: msgspec.json.decode(raw) for key, raw in decoded(ask, self.source, reply.body).items()}
        if isinstance(value := said.get("access_token"), str):
            seconds = int(said.get("expires_in_sec") or said.get("expires_in") or 3600)
            if seconds > 86_400:  # old servers write milliseconds
                seconds //= 1000
            return Token(value, now() + max(seconds - 300, seconds / 2))
        error = str(said.get("error") or f"HTTP {reply.status} without an access token")
        if error == "Access Denied" or reply.status == 429:
            raise self._later(ask, error, after=timedelta(minutes=15))
        raise Refused(
            "zoho login", asked=ask.shown, came=redacted(error, self._secrets), code=error,
            cure="check client_id, client_secret and refresh_token, and that accounts_url is this organisation's data centre",
        )

    def read(self, ask: Ask, reply: Reply) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer; no rows is an empty envelope."""
        if reply.status in NO_ROWS:
            return {}
        if reply.status == 200:
            said = decoded(ask, self.source, reply.body)
            if bytes(said.get("status", b"")) != b'"error"':
                return said
        raise self._fault(ask, reply)

    def _fault(self, ask: Ask, reply: Reply) -> Fault:
        """What an error answer asks of us."""
        code, details = _error_of(reply.body)
        came = redacted(f"HTTP {reply.status} {code} {details}".rstrip(), self._secrets)
        about, asked = f"zoho {ask.about}", ask.shown
        if code in DEAD_TOKENS or (reply.status == 401 and code not in NO_RIGHT):
            return TokenRefused(about, asked=asked, came=came, code=code, cure="the token is not taken, not even a new one: check the client")
        if code in NO_RIGHT or code in NO_MODULE:
            return Refused(about, asked=asked, came=came, code=code, cure=CURES.get(code, "give the API user the right to read this"))
        if reply.status == 429:
            return self._later(ask, came, after=_retry_after(reply), code="TOO_MANY_REQUESTS")
        if reply.status >= 500 or reply.status == 408:
            return self._later(ask, came, after=_retry_after(reply))
        if 300 <= reply.status < 400:
            return Refused(about, asked=asked, came=came, cure=f"{self._settings.api_url} is not an API host; set api_url")
        return ContractBroken(about, asked=asked, came=came, code=code, cure="this connector and Zoho disagree; report it with this line")

    def _later(self, ask: Ask, came: str, *, after: timedelta | None = None, code: str = "") -> RetryLater:
        return RetryLater(
            f"zoho {ask.about}", asked=ask.shown, came=came, code=code, after=after,
            cure="Zoho is busy or this organisation's credits are used up: it is asked again, later in the next run",
        )


def _error_of(body: bytes) -> tuple[str, str]:
    """Code and details of Zoho's error envelope, bare or wrapped in data; ("", "") for anything else."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return "", f"{len(body)} bytes that are not JSON"
    if isinstance(said, dict) and isinstance(said.get("data"), list) and said["data"]:
        said = said["data"][0]
    if not isinstance(said, dict):
        return "", ""
    details = said.get("details")
    return str(said.get("code") or ""), msgspec.json.encode(details).decode() if details else ""


def _retry_after(reply: Reply) -> timedelta | None:
    """The wait that an answer asks for in seconds, if it does."""
    value = reply.headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if value.isdigit() else None


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
            dialect, settings.manners, session=session, sleep=sleep, monotonic=monotonic, now=now,
            budget_file=state / "zoho.calls.json" if state else None,
        )
        self.client.keeper = TokenKeeper(
            lambda: dialect.login(self.client, now),
            owner=fingerprint(settings.accounts_url, settings.client_id, settings.client_secret, settings.refresh_token),
            cache=state / "zoho.token.json" if state else None, now=now,
            most=settings.manners.logins, within=settings.manners.logins_seconds,
        )
        self._casts = casts(iso_moment, iso_date(ZoneInfo(settings.time_zone)))
        self._uncounted = {obj.name for obj in self.objects if obj.api_name == "Leads"}  # it may count them without the converted ones

    def __repr__(self) -> str:
        """Says which organisation, and no secret."""
        return f"ZohoConnection({self.settings.api_url})"

    def cast(self, field: Field, value: object) -> object:
        """`value` in the type of `field`; ValueError when it will not parse."""
        return self._casts[field.type](value)

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""
        privacy = Privacy(obj, self.settings.personal_fields)
        if obj.api_name == "Users":
            pages, missing = self._users(), frozenset[str]()
        else:
            slices, missing = self._fields(obj, privacy)
            pages = self._walk(obj, window, slices)
        for records in pages:
            inside = records if obj.cursor is None else [row for row in records if _moment(obj, row) < window.end]
            withheld: set[str] = set()
            clean = [privacy.cleaned(_without_staff_cards(record), withheld) for record in inside]
            yield Page(clean, frozenset(withheld), missing, len(records) - len(inside))

    def _ask(
        self, about: str, path: str, params: Mapping[str, str | int], headers: Mapping[str, str] | None = None
    ) -> Mapping[str, msgspec.Raw]:
        """The envelope of what one path answers."""
        return self._send(about, "GET", path, params=params, headers=headers or {})

    def _send(self, about: str, method: str, path: str, **more: Any) -> Mapping[str, msgspec.Raw]:
        settings = self.settings
        ask = Ask(about=about, method=method, url=f"{settings.api_url}/crm/{settings.version}/{path}", interface="crm", **more)
        try:
            return self.client.ask(ask)
        except RetryLater as fault:
            if fault.code != "TOO_MANY_REQUESTS":
                raise
            said = fault
        raise Deferred(
            said.about, asked=said.asked, came=said.came, code=said.code,
            cure="the organisation's API credits are used up, or others use them: the next run goes on from here",
        )

    def _users(self) -> Iterator[list[Record]]:
        """People of all kinds; those deleted are asked for too, since Zoho does not say whether "all" holds them."""
        seen: set[str] = set()
        for kind in ("AllUsers", "DeletedUsers"):
            page = 1
            while True:
                said = self._ask("users", "users", {"type": kind, "page": page, "per_page": PAGE})
                rows = _rows(said, "users")
                fresh = [row for row in rows if row["id"] not in seen]
                seen.update(row["id"] for row in fresh)
                if fresh:
                    yield fresh
                if not _info(said).more_records or not rows:
                    break
                page += 1

    def _fields(self, obj: CrmObject, privacy: Privacy) -> tuple[list[str], frozenset[str]]:
        """The field names to ask for, each at most 50 with the cursor among them, and the catalogue's that this module lacks."""
        names = dict.fromkeys(f.api_name for f in obj.fields if privacy.allows(f.api_name))
        missing: set[str] = set()
        listed = self._listed_fields(obj) if self.settings.every_field else None
        if listed is not None:
            missing = {name for name in names if name not in listed and not name.startswith("$")}
            names = {name: None for name in (*names, *filter(privacy.allows, listed)) if name not in missing}
        cursor = obj.cursor or "id"
        others = [name for name in names if name not in (cursor, "id")]
        step = FIELDS - 1
        slices = [",".join((cursor, *others[start:start + step])) for start in range(0, max(len(others), 1), step)]
        return slices, frozenset(missing)

    def _listed_fields(self, obj: CrmObject) -> list[str] | None:
        """Fields that the module has and the list call can give; None when the organisation will not say."""
        try:
            said = self._ask(obj.name, "settings/fields", {"module": obj.api_name})
        except TokenRefused:
            raise
        except (Refused, ContractBroken):
            return None
        return [row["api_name"] for row in _rows(said, "fields") if row.get("data_type") not in NOT_LISTED] or None

    def _walk(self, obj: CrmObject, window: Window, slices: Sequence[str]) -> Iterator[list[Record]]:
        """Records in order of change. What changed while we walked may have pushed others past us: those stretches are walked again."""
        stretches: list[_Stretch] = []
        start: datetime | None = window.start
        edge: dict[str, datetime] = {}
        while not stretches or start is not None:
            stretch = _Stretch(start)
            for rows in self._stretch(obj, window, slices, stretch):
                yield _once(obj, rows, edge)
            stretches.append(stretch)
            start = None if stretch.end is None else stretch.end - SECOND
        if obj.cursor is None or not any(stretch.ids for stretch in stretches):
            return
        for _ in range(ROUNDS):
            shaky = self._doubtful(obj, window, stretches)
            if not shaky:
                return
            for stretch in shaky:
                yield from self._stretch(obj, window, slices, stretch)
        raise RetryLater(
            f"zoho {obj.name}", asked=f"GET {obj.api_name} in order of change", came=f"other records in each of {ROUNDS} walks",
            cure="run again when fewer people work in this module",
        )

    def _doubtful(self, obj: CrmObject, window: Window, stretches: Sequence[_Stretch]) -> list[_Stretch]:
        """Stretches that have to be walked again: those where a record moved on, or all if Zoho counts other than we do."""
        moved = self._moved(obj, window) if any(stretch.pages > 1 for stretch in stretches) else set()
        shaky = [stretch for stretch in stretches if stretch.pages > 1 and not moved.isdisjoint(stretch.ids)]
        if shaky:
            return shaky
        ours = set().union(*(stretch.ids for stretch in stretches))
        theirs = self._counted(obj, window)
        if theirs is None or theirs == len(ours):
            return []
        moved = self._moved(obj, window)
        return [] if theirs == len(ours - moved) else list(stretches)

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

    def _stretch(self, obj: CrmObject, window: Window, slices: Sequence[str], stretch: _Stretch) -> Iterator[list[Record]]:
        """One stretch of a walk; its first slice of fields decides where it ends, and the slices of a record meet by its id."""
        stretch.begin()
        meeting = _Meeting(obj, len(slices))
        walk = _Walk(obj, stretch.start)
        for rows in self._pages(obj, slices[0], walk):
            stretch.count(obj, rows, window)
            yield meeting.bring(rows, 0)
            if walk.has_passed(window.end) or stretch.is_complete(walk):
                break
        for number, names in enumerate(slices[1:], start=1):
            walk = _Walk(obj, stretch.start)
            for rows in self._pages(obj, names, walk):
                yield meeting.bring(rows, number)
                if walk.has_passed(stretch.end or window.end):
                    break
        until = window.end if stretch.end is None else stretch.end - SECOND
        for key in meeting.waiting(until):  # moved between the walks of two slices: read again by id
            yield self._one(obj, key, slices)

    def _pages(self, obj: CrmObject, names: str, walk: _Walk) -> Iterator[list[Record]]:
        """Pages of one slice of fields, oldest change first."""
        while not walk.is_over:
            try:
                said = self._ask(obj.name, obj.api_name, walk.parameters(names), _since(walk.anchor))
            except ContractBroken as fault:
                if fault.code not in STALE_WALKS:
                    raise
                walk.start_over(fault)
                continue
            rows = _rows(said, "data")
            walk.take(rows, _info(said))
            if rows:
                yield rows

    def _one(self, obj: CrmObject, key: str, slices: Sequence[str]) -> list[Record]:
        """One record, whole; none if it is gone."""
        record: Record = {}
        for names in slices:
            for row in _rows(self._ask(obj.name, f"{obj.api_name}/{key}", {"fields": names}), "data"):
                record |= row
        return [record] if record else []

    def _moved(self, obj: CrmObject, window: Window) -> set[int]:
        """Which records changed or went since the window closed."""
        moved: set[int] = set()
        repeats = True
        while repeats:
            seen: list[int] = []
            for rows in self._pages(obj, str(obj.cursor), _Walk(obj, window.end)):
                seen += [hash(row["id"]) for row in rows]
            repeats = len(set(seen)) < len(seen)  # one of these moved again while we looked
            moved |= set(seen)
        return moved | {hash(gone.key) for gone in self.deleted(obj, window.end)}

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record in Zoho's list of deleted ones since then; modules without such a list have none."""
        if obj.cursor is None or obj.api_name in SUBFORMS:
            return
        page = 1
        while True:
            try:
                said = self._ask(
                    obj.name, f"{obj.api_name}/deleted", {"type": "all", "page": page, "per_page": PAGE}, _since(since)
                )
            except Refused as fault:
                if fault.code in NO_MODULE or fault.code == "NOT_SUPPORTED":
                    return
                raise
            rows = _rows(said, "data")
            for row in rows:
                yield Deletion(row["id"], iso_moment(row.get("deleted_time")), str(row.get("type")))
            if not _info(said).more_records or not rows:
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
                raise _broken(obj, "ids that do not rise", "COQL dropped the order or the condition; nothing of this pull is kept")
            last = ids[-1]
            yield ids

    def _select(self, obj: CrmObject, condition: str) -> list[Record]:
        """Ids by COQL."""
        query = f"select id from {obj.api_name} where {condition} order by id asc limit {COQL_ROWS}"
        return _rows(self._send(obj.name, "POST", "coql", json={"select_query": query}), "data")

    def alive(self, obj: CrmObject, keys: Sequence[str]) -> set[str]:
        """Those of the ids that can still be read."""
        found: set[str] = set()
        for start in range(0, len(keys), 50):
            params: dict[str, str | int] = {"fields": str(obj.cursor), "ids": ",".join(keys[start:start + 50]), "per_page": PAGE}
            if obj.api_name == "Leads":
                params["converted"] = "both"
            found.update(row["id"] for row in _rows(self._ask(obj.name, obj.api_name, params), "data"))
        return found & set(keys)

    def check(self) -> list[Finding]:
        """Whether we get in, whose organisation it is, and which modules we may read."""
        try:
            rows = _rows(self._ask("organisation", "org", {}), "org")
        except Fault as fault:
            return [Finding("zoho login", is_good=False, says=fault.came, cure=fault.cure)]
        name = str(rows[0].get("company_name")) if rows else "an organisation that does not say its name"
        found = [Finding("zoho login", is_good=True, says=f"in, as a user of {name}")]
        zone = rows[0].get("time_zone") if rows else None
        if zone and zone != self.settings.time_zone:
            found.append(Finding("zoho time zone", is_good=False, says=f"the organisation keeps {zone}, the settings say {self.settings.time_zone}",
                                 cure="set time_zone to the organisation's, or dates move"))
        for obj in self.objects:
            path, params = (obj.api_name, {"fields": "id,Modified_Time", "per_page": 1}) if obj.cursor else ("users", {"type": "ActiveUsers", "per_page": 1})
            try:
                self._ask(obj.name, path, params)
            except Fault as fault:
                found.append(Finding(f"zoho {obj.name}", is_good=False, says=fault.came, cure=fault.cure))
            else:
                found.append(Finding(f"zoho {obj.name}", is_good=True, says="may be read"))
        return found


class _Info(msgspec.Struct):
    """What Zoho says about a page."""

    more_records: bool = False
    next_page_token: str | None = None


class _Walk:
    """Where one walk through a module stands: its page token, and from which moment on it could start over."""

    def __init__(self, obj: CrmObject, start: datetime | None) -> None:
        """At the first change at or after `start`."""
        self._obj = obj
        self.anchor = start
        self.is_over = False
        self.last: datetime | None = None
        self._token: str | None = None
        self._tokens: set[str] = set()

    def parameters(self, names: str) -> dict[str, str | int]:
        """Parameters of the next call; a page token is bound to all the others, so they never change within a walk."""
        sort_by = self._obj.cursor or "id"
        params: dict[str, str | int] = {"fields": names, "per_page": PAGE, "sort_by": sort_by, "sort_order": "asc"}
        if self._obj.api_name == "Leads":
            params["converted"] = "both"  # the default leaves converted leads out, silently
        if self._token is not None:
            params["page_token"] = self._token
        return params

    def take(self, rows: list[Record], info: _Info) -> None:
        """Go on by a page, once it has proved to be what was asked for."""
        if self._obj.cursor is not None:
            self._check(rows)
        if not info.more_records:
            self.is_over = True
            return
        if not info.next_page_token or info.next_page_token in self._tokens:
            raise _broken(self._obj, "more_records without a new page token", "the walk would never end; nothing of this pull is kept")
        self._token = info.next_page_token
        self._tokens.add(self._token)

    def _check(self, rows: list[Record]) -> None:
        """Rows must come in order of change and from the window asked for."""
        for row in rows:
            moment = _moment(self._obj, row)
            if self.anchor is not None and moment < self.anchor.replace(microsecond=0):
                raise _broken(self._obj, "a row older than If-Modified-Since", "Zoho ignored the window; nothing of this pull is kept")
            if self.last is not None and moment < self.last:
                raise _broken(self._obj, "rows out of order of change", "Zoho did not sort as asked; nothing of this pull is kept")
            self.last = moment

    def has_passed(self, moment: datetime) -> bool:
        """Whether every row up to `moment` has been seen."""
        return self.last is not None and self.last > moment

    def start_over(self, fault: ContractBroken) -> None:
        """Walk on from the last moment seen, with a new token; a second earlier, should the header mean "after"."""
        anchor = None if self.last is None else self.last - SECOND
        if anchor is None or self._obj.cursor is None or (self.anchor is not None and anchor <= self.anchor):
            raise fault
        self.anchor, self.last, self._token = anchor, None, None


class _Stretch:
    """A part of a walk short enough to be walked again: within it, pages follow each other by token."""

    def __init__(self, start: datetime | None) -> None:
        """From `start` on; where it ends shows while it is walked."""
        self.start = start
        self.end: datetime | None = None  # None: it reaches the window's end
        self.pages = 0
        self.ids = array("q")  # hashes of the ids inside the window: 8 bytes a record
        self._is_first_time = True

    def begin(self) -> None:
        """Forget what was seen; a second walk ends where the first did."""
        self._is_first_time = self.pages == 0
        self.pages, self.ids = 0, array("q")

    def count(self, obj: CrmObject, rows: list[Record], window: Window) -> None:
        """One page more."""
        self.pages += 1
        if obj.cursor is not None:
            self.ids.extend(hash(row["id"]) for row in rows if _moment(obj, row) < window.end)

    def is_complete(self, walk: _Walk) -> bool:
        """Whether the next stretch can take over from here, its start lying behind this one's."""
        if not self._is_first_time:
            return self.end is not None and walk.has_passed(self.end)
        if self.pages < STRETCH or walk.last is None or walk.is_over:
            return False
        if self.start is not None and walk.last - SECOND <= self.start + SECOND:
            return False  # a bulk edit: more rows in one second than a stretch has pages
        self.end = walk.last
        return True


class _Meeting:
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
            was, now = _moment(self._obj, known), _moment(self._obj, row)
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
            key for key, (record, _) in self._parts.items() if self._obj.cursor is None or _moment(self._obj, record) < until
        )


def _once(obj: CrmObject, rows: list[Record], edge: dict[str, datetime]) -> list[Record]:
    """Rows without those that came already: stretches overlap by a second, and `edge` holds what lies there."""
    if obj.cursor is None:
        return rows
    moments = [_moment(obj, row) for row in rows]
    fresh = [row for row, moment in zip(rows, moments, strict=True) if edge.get(row["id"]) != moment]
    if moments:
        newest = max(moments)
        kept = {key: moment for key, moment in edge.items() if newest - moment <= 2 * SECOND}
        edge.clear()
        edge.update(kept)
        edge.update((row["id"], moment) for row, moment in zip(rows, moments, strict=True) if newest - moment <= 2 * SECOND)
    return fresh


def _rows(said: Mapping[str, msgspec.Raw], key: str) -> list[Record]:
    """The records under `key`; numbers with a point as decimals."""
    raw = said.get(key)
    rows: list[Record] = [] if raw is None else decoder.decode(raw)
    return rows or []


def _info(said: Mapping[str, msgspec.Raw]) -> _Info:
    raw = said.get("info")
    return _Info() if raw is None else msgspec.json.decode(raw, type=_Info)


def _since(moment: datetime | None) -> dict[str, str]:
    """Zoho's own reading of If-Modified-Since: ISO 8601 with an offset, whole seconds."""
    return {} if moment is None else {"If-Modified-Since": moment.astimezone(UTC).replace(microsecond=0).isoformat()}


def _moment(obj: CrmObject, row: Record) -> datetime:
    """When a row last changed; a row that does not say breaks the contract."""
    try:
        moment = iso_moment(row[str(obj.cursor)])
    except (KeyError, ValueError):
        moment = None
    if moment is None:
        raise _broken(obj, f"a row without {obj.cursor}", "without it no window can be closed; pull this module whole (cursor=None)")
    return moment


def _broken(obj: CrmObject, came: str, cure: str) -> ContractBroken:
    return ContractBroken(f"zoho {obj.name}", asked=f"GET {obj.api_name} in order of change", came=came, cure=cure)


def _without_staff_cards(record: dict[str, Any]) -> dict[str, Any]:
    """The record with people of our own as their id: Zoho puts name and mail of the owner into every row."""
    for key, value in record.items():
        if isinstance(value, dict) and "id" in value and ("email" in value or key in STAFF):
            record[key] = {"id": value["id"]}
    return record


STAFF = frozenset({"Owner", "Created_By", "Modified_By", "created_by", "modified_by", "deleted_by", "Reporting_To", "Handler"})


def connect(settings: ZohoSettings) -> ZohoConnection:
    """A connection to one Zoho organisation; nothing is asked before it is pulled."""
    return ZohoConnection(settings)
