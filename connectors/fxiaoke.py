"""纷享销客 Fxiaoke: its catalogue, its two logins, its dialect.

What to add here: an object of Fxiaoke (a row of `OBJECTS`), a field, a way in which Fxiaoke answers.
What belongs elsewhere: retry and throttling (`client.py`), where pages land (`lake.py`).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
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
from connectors.values import casts, decoder, epoch_date, epoch_moment

T = FieldType

CHANGED = "last_modified_time"
OWNER = Field("owner_id", "owner", T.ID)
LIFE = Field("life_status", "life_status")
CREATED = Field("created_at", "create_time", T.TIMESTAMP)
CURRENCY = (
    Field("currency_code", "mc_currency"),
    Field("exchange_rate", "mc_exchange_rate", T.NUMBER),
)

OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="departments", api_name="department/list", key="id", people=True,
        description="The department tree.",
        fields=(
            Field("department_name", "name"),
            Field("parent_id", "parentId", T.ID),
            Field("is_stopped", "isStop", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="users", api_name="user/list", key="openUserId", people=True,
        description="Staff, those who left included.",
        fields=(
            Field("full_name", "name"),
            Field("employee_no", "employeeNumber"),
            Field("department_id", "mainDepartmentId", T.ID),
            Field("position", "position"),
            Field("leader_id", "leaderId", T.ID),
            Field("is_stopped", "isStop", T.BOOLEAN),
            Field("hire_date", "hireDate", T.DATE),
            Field("email", "email", personal=True),
            Field("mobile", "mobile", personal=True),
        ),
    ),
    CrmObject(
        name="accounts", api_name="AccountObj", key="_id", cursor=CHANGED,
        description="客户: customers as Fxiaoke keeps them.",
        fields=(
            Field("account_name", "name"),
            Field("account_no", "account_no"),
            Field("account_level", "account_level"),
            Field("account_source", "account_source"),
            Field("industry", "industry_level1"),
            Field("uscc", "uniform_social_credit_code"),
            OWNER,
            Field("parent_account_id", "parent_account_id", T.ID),
            Field("province", "province"),
            Field("city", "city"),
            Field("address", "address"),
            Field("deal_status", "deal_status"),
            LIFE, CREATED,
            Field("tel", "tel", personal=True),
        ),
    ),
    CrmObject(
        name="opportunities", api_name="NewOpportunityObj", key="_id", cursor=CHANGED,
        description="商机 2.0: stage, amount and close date as they stand.",
        fields=(
            Field("opportunity_name", "name"),
            Field("account_id", "account_id", T.ID),
            OWNER,
            Field("stage", "sales_stage"),
            Field("stage_name", "sales_stage__r"),
            Field("sales_status", "sales_status"),
            Field("sales_status_name", "sales_status__r"),
            Field("amount", "amount", T.MONEY),
            Field("probability", "probability", T.NUMBER),
            Field("close_date", "close_date", T.DATE),
            Field("stage_changed_at", "stg_changed_time", T.TIMESTAMP),
            Field("cost_time_ms", "cost_time", T.INTEGER),
            Field("loss_reason", "loss_reason"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="orders", api_name="SalesOrderObj", key="_id", cursor=CHANGED,
        description="订单: sales orders, amounts including VAT.",
        fields=(
            Field("order_no", "name"),
            Field("account_id", "account_id", T.ID),
            Field("opportunity_id", "new_opportunity_id", T.ID),
            OWNER,
            Field("order_date", "order_time", T.DATE),
            Field("order_amount", "order_amount", T.MONEY),
            Field("product_amount", "product_amount", T.MONEY),
            Field("order_status", "order_status"),
            Field("settle_type", "settle_type"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="order_lines", api_name="SalesOrderProductObj", key="_id", cursor=CHANGED,
        description="订单产品: lines of sales orders, amounts including VAT.",
        fields=(
            Field("order_id", "order_id", T.ID),
            Field("product_id", "product_id", T.ID),
            Field("quantity", "quantity", T.NUMBER),
            Field("list_price", "product_price", T.MONEY),
            Field("sales_price", "sales_price", T.MONEY),
            Field("subtotal", "subtotal", T.MONEY),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="payments", api_name="PaymentObj", key="_id", cursor=CHANGED,
        description="回款: money received. The amount is `payment_amount` or, by version, `amount`.",
        fields=(
            Field("payment_no", "name"),
            Field("account_id", "account_id", T.ID),
            OWNER,
            Field("payment_amount", "payment_amount", T.MONEY),
            Field("amount", "amount", T.MONEY),
            Field("payment_date", "payment_time", T.DATE),
            Field("payment_term", "payment_term"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="payment_lines", api_name="OrderPaymentObj", key="_id", cursor=CHANGED,
        description="回款明细: which order a payment settles. Money per order lives here.",
        fields=(
            Field("payment_id", "payment_id", T.ID),
            Field("order_id", "order_id", T.ID),
            Field("payment_amount", "payment_amount", T.MONEY),
            Field("payment_date", "payment_time", T.DATE),
            Field("payment_term", "payment_term"),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="returns", api_name="ReturnedGoodsInvoiceObj", key="_id", cursor=CHANGED,
        description="退货单: goods that came back, amounts including VAT.",
        fields=(
            Field("return_no", "name"),
            Field("account_id", "account_id", T.ID),
            Field("order_id", "order_id", T.ID),
            OWNER,
            Field("return_amount", "returned_goods_inv_amount", T.MONEY),
            Field("return_date", "returned_goods_time", T.DATE),
            Field("return_reason", "returned_goods_reason"),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="visits", api_name="CheckinsObj", key="_id", cursor=CHANGED,
        description="高级外勤: field visits with check-in and check-out.",
        fields=(
            OWNER,
            Field("account_id", "customer_id", T.ID),
            Field("checked_in_at", "checkin_time", T.TIMESTAMP),
            Field("checked_out_at", "checkout_time", T.TIMESTAMP),
            Field("visit_date", "new_stat_date", T.DATE),
            Field("scene", "checkins_scene"),
            Field("record_text", "communicate_record"),
            LIFE, CREATED,
            Field("checkin_location", "checkin_location", T.JSON, personal=True),
        ),
    ),
)

# The current login knows no list services: staff and departments are objects there, and people have short ids.
STAFF_OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="departments", api_name="DepartmentObj", key="_id", people=True,
        description="The department tree.",
        fields=(
            Field("department_name", "name"),
            Field("parent_id", "parent_id", T.ID),
            Field("is_stopped", "status", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="users", api_name="PersonnelObj", key="user_id", people=True,
        description="Staff, those who left included, as far as the API user may see them.",
        fields=(
            Field("full_name", "full_name"),
            Field("employee_no", "employee_number"),
            Field("department_id", "main_department", T.ID),
            Field("position", "position"),
            Field("leader_id", "leader", T.ID),
            Field("is_stopped", "status", T.BOOLEAN),
            Field("hire_date", "date_of_joining", T.DATE),
            Field("email", "email", personal=True),
            Field("mobile", "phone", personal=True),
        ),
    ),
)

LIMIT = 100  # rows of a page, the most that is documented
EVERYONE = 999999  # the department that is the whole company
SERVICES = {"department/list": ("cgi/department/list", "departments"), "user/list": ("cgi/user/list", "userList")}

BUSY = frozenset({-1, -2, 50009})
THROTTLED = frozenset({14001, 30004})
QUOTA_USED_UP = 30002
DEAD_TOKEN = frozenset({20016, 20005, 11014})
WINDOW_OF_CALLS = timedelta(seconds=20)
CURES = {
    30003: "the tenant has bought no OpenAPI quota: buy a pack",
    20021: "the self-built app is stopped: start it in the admin console",
    20022: "the self-built app is not authorised: authorise it in the admin console",
    15003: "the app may not use this interface: widen its CRM interface rights",
    20006: "app_id or app_secret is wrong",
    20015: "permanent_code is wrong",
    11001: "app_id is wrong",
    11002: "app_secret is wrong",
    11013: "permanent_code is wrong",
    20014: "the API user may not see these employees: give it CRM administrator rights",
    20020: "the app has no right to this company: authorise it again",
    20023: "the API user may not see this department: widen the app's visible range",
    10006: "wrong app_secret, a missing right, or an interface that this cloud does not have",
    20017: "corp_id is wrong or no login was sent",
    10010: "open_user_id is missing: set it to a CRM administrator's",
}
# Keys that describe the answer or repeat people, not the record.
NOISE = frozenset({"total_num", "searchAfterId", "relevant_team__r", "relevant_team__l", "order_by"})
DECORATIONS = ("__r", "__l")


class Style(StrEnum):
    """The two logins of Fxiaoke; they may not be mixed."""

    LEGACY = "legacy"  # corpAccessToken in every body, employees as FSUID_…
    CURRENT = "current"  # Bearer token in headers, employees as short ids


@dataclass(frozen=True, slots=True, kw_only=True)
class FxiaokeSettings:
    """Where one tenant is, who we are to it, and what the company wants of it."""

    app_id: str
    app_secret: str = field(repr=False)
    permanent_code: str = field(repr=False)
    style: Style = Style.LEGACY
    open_user_id: str = ""  # legacy: FSUID_… of a CRM administrator, whose rights decide which rows are seen
    user_id: str = ""  # current: the same person's short id
    ea: str = ""  # current: the company's account; "" takes the one that the login tells
    base_url: str = "https://open.fxiaoke.com"
    time_zone: str = "Asia/Shanghai"
    overlap: timedelta = timedelta(hours=2)
    settle: timedelta = timedelta(minutes=10)
    sweep_every: timedelta | None = timedelta(days=7)  # how often all ids are compared, since Fxiaoke lists no deletions; None: never
    manners: Manners = Manners(calls=100, seconds=20.0, logins_seconds=60.0)
    state_folder: Path | None = None  # token cache and call counter; None: kept in memory
    custom_fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)  # by our object name
    custom_objects: tuple[CrmObject, ...] = ()
    personal_fields: frozenset[str] = frozenset()  # "accounts.tel": personal fields that the company keeps


class FxiaokeDialect:
    """How Fxiaoke wants to be asked, and what its answers mean: HTTP says 200 to everything, `errorCode` tells."""

    source = "fxiaoke"

    def __init__(self, settings: FxiaokeSettings) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._secrets = (settings.app_secret, settings.permanent_code)

    def ask(self, about: str, path: str, body: Mapping[str, object]) -> Ask:
        """A question to one interface, which is what Fxiaoke counts calls by."""
        return Ask(about=about, method="POST", url=f"{self._settings.base_url}/{path}", json=body, interface=path)

    def authorized(self, ask: Ask, token: Token) -> Ask:
        """The question with the login where its style wants it, and a trace id of its own."""
        settings = self._settings
        params = {"thirdTraceId": str(uuid.uuid4())}
        if settings.style is Style.CURRENT:
            headers = {
                "authorization": f"Bearer {token.value}",
                "x-fs-ea": settings.ea or token.facts.get("ea", ""),
                "x-fs-userid": settings.user_id,
            }
            return replace(ask, params=params, headers=headers)
        login = {"corpAccessToken": token.value, "corpId": token.facts["corpId"], "currentOpenUserId": settings.open_user_id}
        return replace(ask, params=params, json={**login, **(ask.json or {})})

    def login(self, client: Client, now: Callable[[], float]) -> Token:
        """An access token; the same one for 110 minutes, so a short remaining life is no fault."""
        settings = self._settings
        body = {"appId": settings.app_id, "appSecret": settings.app_secret, "permanentCode": settings.permanent_code}
        if settings.style is Style.CURRENT:
            ask = self.ask("login", "oauth2.0/token", {**body, "grantType": "app_secret"})
        else:
            ask = self.ask("login", "cgi/corpAccessToken/get/V2", body)
        traced = replace(ask, params={"thirdTraceId": str(uuid.uuid4())}, interface="")
        said = {key: msgspec.json.decode(raw) for key, raw in self.read(traced, client.ask_without_token(traced)).items()}
        value = said.get("accessToken" if settings.style is Style.CURRENT else "corpAccessToken")
        if not isinstance(value, str) or not value:
            raise ContractBroken("fxiaoke login", asked=ask.shown, came="no access token", cure="check base_url: is it the tenant's cloud?")
        seconds = int(said.get("expiresIn") or 7200)
        facts = {"ea": str(said.get("ea") or ""), "corpId": str(said.get("corpId") or said.get("openUserId") or "")}
        return Token(value, now() + max(seconds - 600, min(seconds, 30)), facts)

    def read(self, ask: Ask, reply: Reply) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer whose errorCode is 0."""
        about, asked = f"fxiaoke {ask.about}", ask.shown
        if 300 <= reply.status < 400 or reply.status in (401, 403, 404):
            raise Refused(about, asked=asked, came=f"HTTP {reply.status}", cure=f"{self._settings.base_url} is not an API host, or the IP allow-list keeps us out")
        if reply.status != 200:
            raise RetryLater(about, asked=asked, came=f"HTTP {reply.status}", cure="Fxiaoke is in trouble; it is asked again, later in the next run")
        said = decoded(ask, self.source, reply.body)
        code = msgspec.json.decode(said["errorCode"], type=int, strict=False) if "errorCode" in said else None
        if code != 0:
            raise self._fault(about, asked, code, said)
        return said

    def _fault(self, about: str, asked: str, code: int | None, said: Mapping[str, msgspec.Raw]) -> Fault:
        """What an errorCode asks of us; one that is not in the table is final."""
        if code is None:
            return ContractBroken(about, asked=asked, came="an answer without errorCode", cure="check base_url: is this Fxiaoke?")
        text = " ".join(str(msgspec.json.decode(said[key])) for key in ("errorMessage", "errorDescription", "traceId") if key in said)
        came, name = redacted(f"errorCode {code} {text}", self._secrets), str(code)
        if code in DEAD_TOKEN:
            return TokenRefused(about, asked=asked, came=came, code=name, cure="the token is not taken, not even a new one: check the app")
        if code in THROTTLED:
            return RetryLater(about, asked=asked, came=came, code=name, after=WINDOW_OF_CALLS,
                              cure="other programs use this tenant's calls too: lower manners.calls")
        if code in BUSY:
            return RetryLater(about, asked=asked, came=came, code=name, cure="Fxiaoke is busy; it is asked again, later in the next run")
        if code == QUOTA_USED_UP:
            return Deferred(about, asked=asked, came=came, code=name, cure="today's calls are used up; they start again at midnight, run again then")
        if code in CURES:
            return Refused(about, asked=asked, came=came, code=name, cure=CURES[code])
        return ContractBroken(about, asked=asked, came=came, code=name, cure="this connector and Fxiaoke disagree; report it with the trace id")


class FxiaokeConnection:
    """One Fxiaoke tenant, ready to be pulled."""

    source = "fxiaoke"
    vanishing_limit = 0.2

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
        zone = ZoneInfo(settings.time_zone)
        staff = {obj.name: obj for obj in STAFF_OBJECTS} if settings.style is Style.CURRENT else {}
        self.objects = tuple(
            obj.with_fields(*settings.custom_fields.get(obj.name, ()))
            for obj in (*(staff.get(obj.name, obj) for obj in OBJECTS), *settings.custom_objects)
        )
        self._dialect = FxiaokeDialect(settings)
        state = settings.state_folder
        manners = settings.manners
        if manners.day_begins is None:  # the quota starts again at the tenant's midnight
            manners = replace(manners, day_begins=lambda moment: datetime.fromtimestamp(moment, zone).date())
        self.client = Client(
            self._dialect, manners, session=session, sleep=sleep, monotonic=monotonic, now=now,
            budget_file=state / "fxiaoke.calls.json" if state else None,
        )
        self.client.keeper = TokenKeeper(
            lambda: self._dialect.login(self.client, now),
            owner=fingerprint(settings.base_url, settings.style, settings.app_id, settings.app_secret, settings.permanent_code),
            cache=state / "fxiaoke.token.json" if state else None, now=now,
            most=settings.manners.logins, within=settings.manners.logins_seconds,
        )
        self._casts = casts(epoch_moment, epoch_date(zone))

    def __repr__(self) -> str:
        """Says which cloud, and no secret."""
        return f"FxiaokeConnection({self.settings.base_url})"

    def cast(self, field: Field, value: object) -> object:
        """`value` in the type of `field`; ValueError when it will not parse."""
        return self._casts[field.type](value)

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""
        privacy = Privacy(obj, self.settings.personal_fields)
        for records in self._service(obj) if obj.api_name in SERVICES else self._walk(obj, window):
            withheld: set[str] = set()
            yield Page([privacy.cleaned(_undecorated(record), withheld) for record in records], frozenset(withheld))

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Nothing: Fxiaoke keeps no list of deleted records; those that were made invalid still come as versions."""
        return iter(())

    def _service(self, obj: CrmObject) -> Iterator[list[Record]]:
        """Staff or departments of the whole company, each once: people may be in many departments."""
        path, key = SERVICES[obj.api_name]
        body = {"departmentId": EVERYONE, "fetchChild": True, "showDepartmentIdsDetail": True} if key == "userList" else {}
        said = self.client.ask(self._dialect.ask(obj.name, path, body))
        rows = {str(row[obj.key]): row for row in decoder.decode(said[key])} if key in said else {}
        yield list(rows.values())

    def _walk(self, obj: CrmObject, window: Window) -> Iterator[list[Record]]:
        """Rows of the window in order of `_id`, until a question for more is answered with none."""
        conditions = []
        if obj.cursor is not None and window.start is not None:
            conditions.append(_filter(obj.cursor, "GTE", _milliseconds(window.start)))
        if obj.cursor is not None:
            conditions.append(_filter(obj.cursor, "LT", _milliseconds(window.end)))
        for rows in self._by_id(obj, conditions, fields=()):
            if obj.cursor is not None:
                for row in rows:
                    _check_inside(obj, row, window)
            yield rows

    def _by_id(self, obj: CrmObject, conditions: Sequence[Mapping[str, object]], fields: Sequence[str]) -> Iterator[list[Record]]:
        """Pages in order of `_id`; a page that is merely short may have been clamped, only an empty one is the end."""
        last = ""
        while rows := self._query(obj, [*conditions, *([_filter("_id", "GT", last)] if last else [])], fields):
            for row in rows:
                if not isinstance(row.get("_id"), str):
                    raise _broken(obj, "a row without _id", "nothing of this pull is kept")
                if row["_id"] <= last:
                    raise _broken(obj, "_id not rising", "Fxiaoke dropped the order or the filter on _id; nothing of this pull is kept")
                last = row["_id"]
            yield rows

    def _query(self, obj: CrmObject, filters: Sequence[Mapping[str, object]], fields: Sequence[str]) -> list[Record]:
        """Up to a page of rows for which all filters hold."""
        search = {
            "limit": LIMIT, "offset": 0, "filters": filters, "orders": [{"fieldName": "_id", "isAsc": True}], "fieldProjection": fields,
        }
        body = {
            "includeNull": True,
            "data": {"dataObjectApiName": obj.api_name, "find_explicit_total_num": False, "search_query_info": search},
        }
        path = f"cgi/crm/{'custom/' if obj.api_name.endswith('__c') else ''}v2/data/query"
        said = self.client.ask(self._dialect.ask(obj.name, path, body))
        rows = decoder.decode(said["data"]).get("dataList") if "data" in said else None
        if rows is None:
            raise _broken(obj, "errorCode 0 without data.dataList", "nothing of this pull is kept")
        return rows

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """Every object with a cursor, now and then: Fxiaoke lets no one see what was deleted for good."""
        return self.settings.sweep_every if obj.cursor is not None else None

    def sweep(self, obj: CrmObject) -> Iterator[Sequence[str]]:
        """The ids of all rows that this user may see."""
        for rows in self._by_id(obj, (), fields=("_id", "life_status")):
            yield [row["_id"] for row in rows]

    def alive(self, obj: CrmObject, keys: Sequence[str]) -> set[str]:
        """Those of the ids that can still be read."""
        found: set[str] = set()
        for start in range(0, len(keys), LIMIT):
            wanted = {"field_name": "_id", "field_values": list(keys[start:start + LIMIT]), "operator": "IN"}
            found.update(row["_id"] for rows in self._by_id(obj, (wanted,), fields=("_id",)) for row in rows)
        return found & set(keys)

    def check(self) -> list[Finding]:
        """Whether we get in, and which objects we may read."""
        try:
            if self.client.keeper is not None:
                self.client.keeper.current()
        except Fault as fault:
            return [Finding("fxiaoke login", is_good=False, says=fault.came, cure=fault.cure)]
        found = [Finding("fxiaoke login", is_good=True, says=f"in, at {self.settings.base_url}")]
        far = Window(None, datetime(1971, 1, 1, tzinfo=UTC))  # asks for the right to read, not for rows
        for obj in self.objects:
            try:
                for _ in self._service(obj) if obj.api_name in SERVICES else self._walk(obj, far):
                    break
            except Fault as fault:
                found.append(Finding(f"fxiaoke {obj.name}", is_good=False, says=fault.came, cure=fault.cure))
            else:
                found.append(Finding(f"fxiaoke {obj.name}", is_good=True, says="may be read"))
        return found


def _filter(name: str, operator: str, value: object) -> dict[str, object]:
    """One condition, in the mixed spelling that Fxiaoke wants."""
    return {"field_name": name, "field_values": [value], "operator": operator}


def _moment(value: object) -> datetime | None:
    """When a row says it changed; None if it does not."""
    try:
        return epoch_moment(value)
    except ValueError:
        return None


def _milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, without a float on the way."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _check_inside(obj: CrmObject, row: Record, window: Window) -> None:
    """A row must be what was asked for: Fxiaoke may drop a filter without a word."""
    moment = _moment(row.get(str(obj.cursor)))
    if moment is None or not window.holds(moment):
        raise _broken(obj, f"a row whose {obj.cursor} is outside of the window", "Fxiaoke dropped the filter; nothing of this pull is kept")


def _undecorated(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what Fxiaoke repeats in every row: cards of staff and departments, totals, sort keys."""
    return {
        key: value
        for key, value in record.items()
        if key not in NOISE and not (key.endswith(DECORATIONS) and (not isinstance(value, str) or isinstance(record.get(key[:-3]), list)))
    }


def _broken(obj: CrmObject, came: str, cure: str) -> ContractBroken:
    return ContractBroken(f"fxiaoke {obj.name}", asked=f"data/query of {obj.api_name} in order of _id", came=came, cure=cure)


def connect(settings: FxiaokeSettings) -> FxiaokeConnection:
    """A connection to one Fxiaoke tenant; nothing is asked before it is pulled."""
    return FxiaokeConnection(settings)
