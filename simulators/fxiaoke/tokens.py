"""Fxiaoke's two logins: three secrets turned into a token, and who a call then comes from.

What to add here: what a login checks, what makes a call's identity.
What belongs elsewhere: what this identity may see (`query.py`).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.credentials import CREDENTIALS
from simulators.fxiaoke.people import People
from simulators.fxiaoke.replies import Trouble, answer
from simulators.limits import Busy, Window

MINUTE = 60
PATHS = ("/oauth2.0/token", "/cgi/corpAccessToken/get/V2")
AUTH_KEYS = ("corpAccessToken", "corpId", "currentOpenUserId")


class Identity(NamedTuple):
    """Who calls, and which style of ids it gets."""

    legacy: bool
    with_fsuid: bool


class Token(NamedTuple):
    """One access token and when it was made."""

    text: str
    made: float


class Tokens:
    """The tokens that live, of either style."""

    def __init__(self, simulation: Simulation, people: People) -> None:
        self.simulation, self.people = simulation, people
        self.asked = {path: Window(MINUTE) for path in PATHS}
        self.inside = {path: Busy() for path in PATHS}
        self.live: dict[str, list[Token]] = {path: [] for path in PATHS}
        self.revoked = False
        self._made = 0

    def begin_anew(self) -> None:
        """The permanentCode lives, and nothing was asked yet; tokens that live go on."""
        self.revoked, self.asked = False, {path: Window(MINUTE) for path in PATHS}

    def reset(self) -> None:
        """Every token dies."""
        self.live = {path: [] for path in PATHS}

    def revoke(self) -> None:
        """The permanentCode dies too."""
        self.revoked = True
        self.reset()

    def refusal(self, path: str) -> Trouble | None:
        """What the token endpoint says when it is asked too often or twice at once."""
        options = self.simulation.options.fxiaoke
        if not self.simulation.limited:
            return None
        crowded = self.inside[path].now > 0 and not options.token_concurrent
        if crowded or not self.asked[path].take(self.simulation.clock(), options.tokens_per_minute):
            self.simulation.counts["fxiaoke tokens refused by limits"] += 1
            return Trouble(options.token_throttle_code)
        return None

    def _alive(self, path: str) -> list[Token]:
        oldest = self.simulation.clock() - self.simulation.options.fxiaoke.token_seconds
        self.live[path] = [token for token in self.live[path] if token.made > oldest]
        return self.live[path]

    def give(self, path: str, body: dict[str, Any]) -> Response:
        """The token of a login: the same one while it is young, a new one beside it when it grows old."""
        self._check(body)
        options, now = self.simulation.options.fxiaoke, self.simulation.clock()
        alive = self._alive(path)
        if not alive or now - alive[-1].made >= options.token_renew_seconds:
            self._made += 1
            alive.append(Token(blake2b(f"{path} {self._made}".encode(), digest_size=16).hexdigest().upper(), now))
        token, known = alive[-1], CREDENTIALS["fxiaoke"]
        left = int(token.made + options.token_seconds - now)
        if path == PATHS[0]:
            return answer(
                {
                    "errorCode": 0,
                    "errorMessage": "success",
                    "accessToken": token.text,
                    "expiresIn": left,
                    "appId": known["app_id"],
                    "ea": known["ea"],
                    "openUserId": known["corp_id"],
                }
            )
        return answer(
            {
                "errorCode": 0,
                "errorMessage": "success",
                "corpAccessToken": token.text,
                "corpId": known["corp_id"],
                "expiresIn": left,
            }
        )

    def _check(self, body: dict[str, Any]) -> None:
        known = CREDENTIALS["fxiaoke"]
        for name, code in (("appId", 10001), ("appSecret", 10002), ("permanentCode", 10012)):
            if not body.get(name):
                raise Trouble(code)
        if body["appId"] != known["app_id"] or body["appSecret"] != known["app_secret"]:
            raise Trouble(20006)
        if body["permanentCode"] != known["permanent_code"] or self.revoked:
            raise Trouble(20015)

    # --- who calls ---

    def identity(self, request: Request, body: dict[str, Any], *, needs_user: bool) -> Identity:
        """Who calls, by headers (newer style) or by keys of the body (legacy); the two do not mix."""
        bearer = request.headers.get("authorization", "")
        has_keys = any(name in body for name in AUTH_KEYS)
        if not bearer and not has_keys:
            raise Trouble(20017)
        if bearer and has_keys:
            raise Trouble(20016)
        if bearer:
            return self._by_headers(request, bearer, body)
        return self._by_body(body, needs_user=needs_user)

    def _by_headers(self, request: Request, bearer: str, body: dict[str, Any]) -> Identity:
        token = bearer.removeprefix("Bearer ")
        if token not in {alive.text for alive in self._alive(PATHS[0])}:
            raise Trouble(20005 if token else 20016)
        if request.headers.get("x-fs-ea") != CREDENTIALS["fxiaoke"]["ea"]:
            raise Trouble(20017, "corpId not found")
        user = request.headers.get("x-fs-userid")
        if not user:
            raise Trouble(10010)
        if not self.people.knows(user):
            raise Trouble(20012)
        return Identity(legacy=False, with_fsuid=bool(body.get("convertUserId", False)))

    def _by_body(self, body: dict[str, Any], *, needs_user: bool) -> Identity:
        if not body.get("corpAccessToken"):
            raise Trouble(10013)
        if not body.get("corpId"):
            raise Trouble(10014)
        if body["corpId"] != CREDENTIALS["fxiaoke"]["corp_id"]:
            raise Trouble(20017, "corpId not found")
        if body["corpAccessToken"] not in {alive.text for alive in self._alive(PATHS[1])}:
            raise Trouble(20016)
        user = body.get("currentOpenUserId")
        if needs_user and not user:
            raise Trouble(self.simulation.options.fxiaoke.missing_user_code, "currentOpenUserId 不能为空")
        if user and not self.people.knows(str(user)):
            raise Trouble(20012)
        return Identity(legacy=True, with_fsuid=bool(body.get("convertUserId", True)))
