"""How Zoho wants to be asked, and what its answers mean.

What to add here: a setting of Zoho, a code it answers with.
What belongs elsewhere: paging (`walk.py`), retry and throttling (`connectors/client`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import msgspec

from connectors.catalogue import CrmObject, Field
from connectors.client import Ask, Client, Manners, Reply, decoded, redacted
from connectors.faults import Absent, ContractBroken, Fault, Refused, RetryLater, TokenRefused
from connectors.tokens import Token, seconds_of

LIFE_OF_TOKEN = 3600  # seconds, where the login does not say
NO_ROWS = frozenset({204, 304})
DEAD_TOKENS = frozenset({"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE"})
NO_RIGHT = frozenset({"NO_PERMISSION", "NOT_SUPPORTED", "AUTHORIZATION_FAILED", "FEATURE_NOT_ENABLED", "OAUTH_SCOPE_MISMATCH"})
NO_MODULE = frozenset({"INVALID_MODULE", "INVALID_URL_PATTERN"})
CURES = {
    "OAUTH_SCOPE_MISMATCH": "grant the client the READ scopes of ZohoCRM.modules, .settings, .users, .org, .coql and .bulk",
    "NO_PERMISSION": "give the profile of the API user the right to view this module",
    "NOT_SUPPORTED": "Zoho lets only administrators read this module",
    "INVALID_MODULE": "this organisation has no such module, or the API user's profile does not show it: grant it, or leave the "
    "object out (company.yaml, objects: exclude)",
}

LOGIN_CURES = {
    "invalid_client": "no such client here: client_id is wrong, or accounts_url is another data centre's",
    "invalid_client_secret": "client_secret is wrong: copy it anew from the API console",
    "invalid_code": "the refresh token is revoked or wrong, or accounts_url is another data centre's than this organisation's: "
    "make a new one in the API console, and check client_id and client_secret",
}


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
    vanishing_limit: float = 0.2  # share of a whole object that may vanish at once and be believed
    state_folder: Path | None = None  # token cache and call counter; None: kept in memory
    custom_fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)  # by our object name
    custom_objects: tuple[CrmObject, ...] = ()
    left_out: frozenset[str] = frozenset()  # objects, by our name, that the company does not want read
    personal_fields: frozenset[str] = frozenset()  # "accounts.phone": personal fields that the company keeps
    bulk_from: int | None = 20_000  # first loads of so many records come by Bulk Read; None: always page by page
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
            about="login",
            method="POST",
            url=f"{settings.accounts_url}/oauth/v2/token",
            form={
                "grant_type": "refresh_token",
                "refresh_token": settings.refresh_token,
                "client_id": settings.client_id,
                "client_secret": settings.client_secret,
            },
        )
        reply = client.ask_without_token(ask)
        if reply.status >= 500:
            raise self._later(ask, f"HTTP {reply.status}")
        said = {key: msgspec.json.decode(raw) for key, raw in decoded(ask, self.source, reply.body).items()}
        if isinstance(value := said.get("access_token"), str):
            seconds = seconds_of(said.get("expires_in_sec")) or seconds_of(said.get("expires_in")) or LIFE_OF_TOKEN
            if seconds > 86_400:  # old servers write milliseconds
                seconds //= 1000
            return Token(value, now() + max(seconds - 300, seconds / 2), {"api_domain": str(said.get("api_domain") or "")})
        error = str(said.get("error") or f"HTTP {reply.status} without an access token")
        if error == "Access Denied" or reply.status == 429:
            raise self._later(ask, error, after=timedelta(minutes=15))
        raise Refused(
            "zoho login",
            asked=ask.shown,
            came=redacted(error, self._secrets),
            code=error,
            cure=LOGIN_CURES.get(error, LOGIN_CURES["invalid_code"]),
        )

    def read(self, ask: Ask, reply: Reply) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer; no rows is an empty envelope."""
        if reply.status in NO_ROWS:
            return {}
        if reply.status in (200, 201):
            said = decoded(ask, self.source, reply.body)
            if bytes(said.get("status", b"")) != b'"error"':
                return said
        raise self._fault(ask, reply)

    def _fault(self, ask: Ask, reply: Reply) -> Fault:
        """What an error answer asks of us."""
        code, details, subject = _error_of(reply.body)
        came = redacted(f"HTTP {reply.status} {code} {details}".rstrip(), self._secrets)
        about, asked = f"zoho {ask.about}", ask.shown
        if code in DEAD_TOKENS or (reply.status == 401 and code not in NO_RIGHT):
            return TokenRefused(
                about, asked=asked, came=came, code=code, cure="the token is not taken, not even a new one: check the client"
            )
        if code in NO_MODULE:
            return Absent(about, asked=asked, came=came, code=code, cure=CURES["INVALID_MODULE"])
        if code in NO_RIGHT:
            return Refused(
                about, asked=asked, came=came, code=code, cure=CURES.get(code, "give the API user the right to read this")
            )
        if reply.status == 429:
            return self._later(ask, came, after=reply.wait, code="TOO_MANY_REQUESTS")
        if reply.status >= 500 or reply.status == 408:
            return self._later(ask, came, after=reply.wait)
        if 300 <= reply.status < 400:
            return Refused(about, asked=asked, came=came, cure=f"{self._settings.api_url} is not an API host; set api_url")
        return ContractBroken(
            about,
            asked=asked,
            came=came,
            code=code,
            subject=subject,
            cure="this connector and Zoho disagree; report it with this line",
        )

    def _later(self, ask: Ask, came: str, *, after: timedelta | None = None, code: str = "") -> RetryLater:
        return RetryLater(
            f"zoho {ask.about}",
            asked=ask.shown,
            came=came,
            code=code,
            after=after,
            cure="Zoho is busy or this organisation's credits are used up: it is asked again, later in the next run",
        )


def _error_of(body: bytes) -> tuple[str, str, str]:
    """Code, details and the field they name, of Zoho's error envelope, bare or wrapped in data; empty for anything else."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return "", f"{len(body)} bytes that are not JSON", ""
    if isinstance(said, dict) and isinstance(said.get("data"), list) and said["data"]:
        said = said["data"][0]
    if not isinstance(said, dict):
        return "", "", ""
    details = said.get("details")
    subject = str(details.get("api_name") or "") if isinstance(details, dict) else ""
    return str(said.get("code") or ""), msgspec.json.encode(details).decode() if details else "", subject
