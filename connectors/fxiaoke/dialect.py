"""How Fxiaoke wants to be asked, and what its answers mean.

What to add here: a setting of Fxiaoke, a code it answers with.
What belongs elsewhere: which questions are asked (`connection.py`), retry and throttling (`connectors/client`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from connectors.catalogue import CrmObject, Field
from connectors.client import Ask, Client, Manners, Reply, decoded, redacted
from connectors.faults import ContractBroken, Deferred, Fault, Refused, RetryLater, TokenRefused
from connectors.tokens import Token, seconds_of

BUSY = frozenset({-1, -2, 50009})
THROTTLED = frozenset({14001, 30004})
QUOTA_USED_UP = 30002
LIFE_OF_TOKEN = 7200  # seconds, where the login does not say
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
    sweep_every: timedelta | None = timedelta(
        days=7
    )  # how often all ids are compared, since Fxiaoke lists no deletions; None: never
    manners: Manners = Manners(concurrency=32, calls=100, seconds=20.0, logins_seconds=60.0)  # no limit at once is documented
    vanishing_limit: float = 0.2  # share of a whole object that may vanish at once and be believed
    state_folder: Path | None = None  # token cache and call counter; None: kept in memory
    custom_fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)  # by our object name
    custom_objects: tuple[CrmObject, ...] = ()
    left_out: frozenset[str] = frozenset()  # objects, by our name, that the company does not want read
    personal_fields: frozenset[str] = frozenset()  # "accounts.tel": personal fields that the company keeps
    every_field: bool = True  # ask for the description of each object, to tell which fields came, went or changed their type


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
            raise ContractBroken(
                "fxiaoke login", asked=ask.shown, came="no access token", cure="check base_url: is it the tenant's cloud?"
            )
        seconds = seconds_of(said.get("expiresIn")) or LIFE_OF_TOKEN
        facts = {"ea": str(said.get("ea") or ""), "corpId": str(said.get("corpId") or said.get("openUserId") or "")}
        return Token(value, now() + max(seconds - 600, min(seconds, 30)), facts)

    def read(self, ask: Ask, reply: Reply) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer whose errorCode is 0."""
        about, asked = f"fxiaoke {ask.about}", ask.shown
        if 300 <= reply.status < 400 or reply.status in (401, 403, 404):
            raise Refused(
                about,
                asked=asked,
                came=f"HTTP {reply.status}",
                cure=f"{self._settings.base_url} is not an API host, or the IP allow-list keeps us out",
            )
        if reply.status != 200:
            raise RetryLater(
                about,
                asked=asked,
                came=f"HTTP {reply.status}",
                after=reply.wait,
                cure="Fxiaoke is in trouble; it is asked again, later in the next run",
            )
        said = decoded(ask, self.source, reply.body)
        try:
            code = msgspec.json.decode(said.get("errorCode", b"null"), type=int | None, strict=False)
        except ValueError:
            code = None
        if code != 0:
            raise self._fault(about, asked, code, said)
        return said

    def _fault(self, about: str, asked: str, code: int | None, said: Mapping[str, msgspec.Raw]) -> Fault:
        """What an errorCode asks of us; one that is not in the table is final."""
        if code is None:
            return ContractBroken(about, asked=asked, came="an answer without errorCode", cure="check base_url: is this Fxiaoke?")
        text = " ".join(
            str(msgspec.json.decode(said[key])) for key in ("errorMessage", "errorDescription", "traceId") if key in said
        )
        came, name = redacted(f"errorCode {code} {text}", self._secrets), str(code)
        if code in DEAD_TOKEN:
            return TokenRefused(
                about, asked=asked, came=came, code=name, cure="the token is not taken, not even a new one: check the app"
            )
        if code in THROTTLED:
            return RetryLater(
                about,
                asked=asked,
                came=came,
                code=name,
                after=WINDOW_OF_CALLS,
                cure="other programs use this tenant's calls too: lower manners.calls",
            )
        if code in BUSY:
            return RetryLater(
                about, asked=asked, came=came, code=name, cure="Fxiaoke is busy; it is asked again, later in the next run"
            )
        if code == QUOTA_USED_UP:
            return Deferred(
                about,
                asked=asked,
                came=came,
                code=name,
                cure="today's calls are used up; they start again at midnight, run again then",
            )
        if code in CURES:
            return Refused(about, asked=asked, came=came, code=name, cure=CURES[code])
        return ContractBroken(
            about, asked=asked, came=came, code=name, cure="this connector and Fxiaoke disagree; report it with the trace id"
        )
