"""纷享销客 Fxiaoke's open platform on loopback: both logins, queries, objects, people.

What to add here: a path.
What belongs elsewhere: what it answers (the other files of this package), switches (`options.py`), trouble (`faults.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta, timezone
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from simulators.control import Simulation, control_routes
from simulators.faults import Call, Fault
from simulators.fxiaoke import log
from simulators.fxiaoke.objects import Objects
from simulators.fxiaoke.people import People
from simulators.fxiaoke.query import Queries
from simulators.fxiaoke.replies import Trouble, success
from simulators.fxiaoke.tokens import PATHS, Identity, Tokens
from simulators.limits import Busy, Window

CHINA = timezone(timedelta(hours=8))
HTML = "<html><head><title>{status}</title></head><body><center><h1>{status} Bad Gateway</h1></center><hr>nginx</body></html>"
REDIRECTS = range(300, 400)
Answer = Callable[[Request, dict[str, Any], Identity], Response]


class Fxiaoke:
    """One tenant."""

    name = "fxiaoke"

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.people, self.objects = People(simulation), Objects(simulation)
        self.tokens = Tokens(simulation, self.people)
        self.queries = Queries(simulation, self.objects, self.people)
        self.windows: dict[str, Window] = {}
        self.inside = Busy()
        self.today = (simulation.at.date(), 0)
        simulation.on_reset.append(self._begin_anew)
        self.app = Starlette(
            routes=[*control_routes(simulation), *self._routes()], exception_handlers={404: _unknown, 405: _unknown}
        )

    def _routes(self) -> list[Route]:
        queries, people, objects = self.queries, self.people, self.objects
        records: dict[str, Answer] = {
            "/cgi/crm/v2/data/query": queries.query,
            "/cgi/crm/custom/v2/data/query": queries.query,
            "/cgi/crm/custom/v2/data/findSimple": lambda request, body, who: queries.query(request, body, who, simple=True),
            "/cgi/crm/custom/v2/data/findOne": queries.find_one,
            "/cgi/crm/v2/data/get": queries.get,
            "/cgi/crm/custom/v2/data/get": queries.get,
            "/cgi/crm/v2/object/list": lambda _request, _body, _who: success(**objects.object_list()),
            "/cgi/crm/v2/object/describe": lambda _request, body, _who: success(**objects.describe(body)),
            "/cgi/crm/crmLog/query": lambda _request, body, _who: success(**log.entries(self.simulation, body)),
        }
        staff: dict[str, Answer] = {
            "/cgi/department/list": lambda _request, _body, _who: success(**people.department_list()),
            "/cgi/department/detail": lambda _request, body, _who: success(**people.department_detail(body)),
            "/cgi/user/list": lambda _request, body, _who: success(**people.user_list(body, simple=False)),
            "/cgi/user/simpleList": lambda _request, body, _who: success(**people.user_list(body, simple=True)),
            "/cgi/user/get": lambda _request, body, _who: success(**people.user(body)),
            "/cgi/user/get/batchByUpdTime": lambda _request, body, _who: success(**people.users_by_update(body)),
            "/cgi/user/getByMobile": lambda _request, body, _who: success(**people.by_mobile(body)),
        }
        return [
            *(Route(path, self._login, methods=["POST"]) for path in PATHS),
            *(Route(path, self._guarded(answer, needs_user=True), methods=["POST"]) for path, answer in records.items()),
            *(Route(path, self._guarded(answer, needs_user=False), methods=["POST"]) for path, answer in staff.items()),
        ]

    async def _login(self, request: Request) -> Response:
        try:
            return self.tokens.give(request.url.path, await self._body(request))
        except Trouble as trouble:
            return trouble.answer()

    def _guarded(self, answer: Answer, *, needs_user: bool) -> Callable[[Request], Awaitable[Response]]:
        """An answer for those who say who they are, and Fxiaoke's errors for the rest."""

        async def guarded(request: Request) -> Response:
            try:
                body = await self._body(request)
                who = self.tokens.identity(request, body, needs_user=needs_user)
                if not needs_user and not self.simulation.options.fxiaoke.department_list:
                    return _no_such_path(request)
                return answer(request, body, who)
            except Trouble as trouble:
                return trouble.answer()

        return guarded

    async def _body(self, request: Request) -> dict[str, Any]:
        options = self.simulation.options.fxiaoke
        if "thirdTraceId" not in request.query_params:
            self.simulation.counts["fxiaoke calls without thirdTraceId"] += 1
            if options.require_third_trace_id:
                raise Trouble(32000, "thirdTraceId 不能为空")
        text = await request.body()
        if not text:
            raise Trouble(12004)
        try:
            body = msgspec.json.decode(text)
        except msgspec.DecodeError:
            raise Trouble(15002, "body is no JSON") from None
        if not isinstance(body, dict):
            raise Trouble(15002, "body is no object")
        if not options.ip_allowed:
            raise Trouble(20022)
        if not options.quota_bought and request.url.path not in PATHS:
            raise Trouble(30003)
        return body

    def _begin_anew(self) -> None:
        """Forget what was used up, and who was locked out."""
        self.windows, self.today = {}, (self.simulation.at.date(), 0)
        self.tokens.begin_anew()

    # --- limits ---

    def admit(self, call: Call) -> Response | None:
        """Refuse a call beyond the window of its interface or the day's quota."""
        path = call.path.partition("?")[0]
        if path in PATHS:
            refusal = self.tokens.refusal(path)
            if refusal is not None:
                return refusal.answer()
            self.tokens.inside[path].enter()
        elif self.simulation.limited:
            refusal = self._over(path)
            if refusal is not None:
                return refusal.answer()
        self.inside.enter()
        self.simulation.counts["fxiaoke most at once"] = self.inside.peak
        return None

    def _over(self, path: str) -> Trouble | None:
        options = self.simulation.options.fxiaoke
        today = self.simulation.at.astimezone(CHINA).date()
        used = self.today[1] if self.today[0] == today else 0
        if used >= options.daily_quota:
            return Trouble(30002)
        window = self.windows.setdefault(path, Window(options.window_seconds))
        window.seconds = options.window_seconds
        if not window.take(self.simulation.clock(), options.calls_per_window - options.calls_of_others):
            return Trouble(options.throttle_code)
        self.today = (today, used + 1)
        return None

    def leave(self, call: Call) -> None:
        """A call is done."""
        path = call.path.partition("?")[0]
        if path in PATHS:
            self.tokens.inside[path].leave()
        self.inside.leave()

    # --- trouble ---

    def suffer(self, fault: Fault, call: Call) -> Response | None:
        """What a fault does here."""
        options = self.simulation.options.fxiaoke
        login = call.path.partition("?")[0] in PATHS
        if fault.kind == "token_throttled":
            return Trouble(options.token_throttle_code).answer() if login else None
        if fault.kind == "throttle":
            return None if login else Trouble(options.throttle_code).answer()
        if fault.kind == "quota":
            return Trouble(30002).answer()
        if fault.kind == "server_error":
            return Trouble(fault.code if fault.code in {-1, -2} else 50009).answer()
        if fault.kind == "html":
            if fault.status in REDIRECTS:
                return RedirectResponse("/login.html", fault.status)
            return Response(HTML.format(status=fault.status), fault.status, media_type="text/html")
        if fault.kind == "refuse":
            return Trouble(fault.code, fault.message).answer()
        if fault.kind == "token_expired":
            self.tokens.reset()
        elif fault.kind == "token_revoked":
            self.tokens.revoke()
        return None


def _no_such_path(request: Request) -> Response:
    return Trouble(10006, f"the request uri=[{request.url.path}], apiName=[null] is not exists").answer()


async def _unknown(request: Request, _error: Exception) -> Response:
    return _no_such_path(request)
