"""Zoho's accounts server: a refresh token turned into access tokens, with its rules and its odd errors.

What to add here: what the token endpoint checks or says.
What belongs elsewhere: what a dead access token meets at the API (`zoho/__init__.py`).
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.credentials import CREDENTIALS
from simulators.limits import Window

TEN_MINUTES = 600
DENIED = {
    "en": "You have made too many requests continuously. Please try again after some time.",
    "zh": "您已连续提出太多请求。请稍后再试。",
}


class Tokens:
    """The access tokens that live, and the refresh token they come from."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.revoked = False
        self.asked = Window(TEN_MINUTES)
        self.locked_until = 0.0
        self.live: dict[str, float] = {}
        self._made = 0

    def begin_anew(self) -> None:
        """The refresh token lives, and nothing was asked yet; tokens that live go on."""
        self.revoked, self.asked, self.locked_until = False, Window(TEN_MINUTES), 0.0

    def reset(self) -> None:
        """Every access token dies; the refresh token lives."""
        self.live.clear()

    def revoke(self) -> None:
        """The refresh token dies and takes its access tokens along."""
        self.revoked = True
        self.live.clear()

    def seconds_left(self, token: str) -> float | None:
        """How long an access token still lives; None for one that does not."""
        expiry = self.live.get(token)
        if expiry is None:
            return None
        left = expiry - self.simulation.clock()
        return left if left > 0 else None

    def expiry_of(self, token: str) -> str:
        """When a token dies, as the `x-accesstoken-reset` header tells it, by the world's clock."""
        left = self.seconds_left(token) or 0
        return (self.simulation.at + timedelta(seconds=left)).isoformat(timespec="seconds")

    async def token(self, request: Request) -> Response:
        """`POST /oauth/v2/token`, its parameters in the form or in the query."""
        given = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        error = self._error(given)
        if error:
            return _plain({"error": error})
        simulation = self.simulation
        if simulation.limited and not self._may_ask(simulation.clock()):
            simulation.counts["zoho tokens refused by limits"] += 1
            return self.throttled()
        return _plain(self._granted(request))

    def _may_ask(self, now: float) -> bool:
        """Whether one more token may be had: after a refusal only once it was quiet for long enough."""
        options = self.simulation.options.zoho
        if now >= self.locked_until and self.asked.take(now, options.tokens_per_ten_minutes):
            return True
        self.locked_until = now + options.token_lockout_seconds
        return False

    def throttled(self) -> Response:
        """What the token endpoint says when it was asked too often."""
        options = self.simulation.options.zoho
        description = DENIED[options.token_throttle_language]
        refusal = {"error_description": description, "error": "Access Denied", "status": "failure"}
        return _plain(refusal, options.token_throttle_status)

    async def revocation(self, request: Request) -> Response:
        """`POST /oauth/v2/token/revoke?token=`."""
        given = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        if given.get("token") != CREDENTIALS["zoho"]["refresh_token"] or self.revoked:
            return _plain({"error": "invalid_code"}, 400)
        self.revoke()
        return _plain({"status": "success"})

    def _error(self, given: dict[str, str]) -> str | None:
        known = CREDENTIALS["zoho"]
        if given.get("client_id") != known["client_id"]:
            return "invalid_client"
        if given.get("client_secret") != known["client_secret"]:
            return "invalid_client_secret"
        if given.get("grant_type") != "refresh_token":
            return "unsupported_grant_type"
        return "invalid_code" if self.revoked or given.get("refresh_token") != known["refresh_token"] else None

    def _granted(self, request: Request) -> dict[str, object]:
        options, now = self.simulation.options.zoho, self.simulation.clock()
        self._made += 1
        token = "1000." + blake2b(b"access %d" % self._made, digest_size=16).hexdigest() + ".simulator"
        self.live = {other: expiry for other, expiry in self.live.items() if expiry > now}
        while self.simulation.limited and len(self.live) >= options.live_tokens:
            self.live.pop(next(iter(self.live)))
        self.live[token] = now + options.token_seconds
        life: dict[str, object] = {"expires_in": int(options.token_seconds)}
        if options.life_reply == "milliseconds":
            life = {"expires_in": int(options.token_seconds * 1000), "expires_in_sec": int(options.token_seconds)}
        return {
            "access_token": token,
            **({"scope": " ".join(options.scopes)} if options.token_tells_scope else {}),
            "api_domain": options.api_domain or str(request.base_url).rstrip("/"),
            "token_type": "Bearer",
            **life,
        }


def is_granted(scopes: tuple[str, ...], wanted: str) -> bool:
    """Whether one of the scopes covers `ZohoCRM.modules.deals.READ` or its like."""
    parts = wanted.split(".")
    covering = {".".join([*parts[:depth], right]) for depth in range(2, len(parts)) for right in ("READ", "ALL")}
    return not covering.isdisjoint(scopes)


def _plain(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json;charset=UTF-8")
