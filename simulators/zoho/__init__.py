"""Zoho CRM v8 on loopback: accounts server and API on one port.

What to add here: a path, the scope it needs, what it costs.
What belongs elsewhere: what it answers (the other files of this package), switches (`options.py`), trouble (`faults.py`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.control import Simulation, control_routes
from simulators.faults import Call, Fault
from simulators.limits import Busy, Window
from simulators.zoho.bulk import Bulk
from simulators.zoho.coql import Coql
from simulators.zoho.deleted import Deleted
from simulators.zoho.history import History
from simulators.zoho.listing import Listing, page_token_expired
from simulators.zoho.metadata import Metadata
from simulators.zoho.modules import Modules
from simulators.zoho.record import Record
from simulators.zoho.replies import MESSAGES, Trouble, answer
from simulators.zoho.search import Search
from simulators.zoho.tokens import Tokens, is_granted

DAY = 86_400
HEAVY = re.compile(r"[?&](sort_by|cvid)=|/coql$")
LIMIT = re.compile(rb"limit\s+(?:\d+\s*,\s*)?(\d+)", re.IGNORECASE)
HTML = "<html><head><title>Zoho</title></head><body><h1>{status}</h1><p>Sorry, something went wrong.</p></body></html>"
Endpoint = Callable[[Request], Awaitable[Response]]


class Zoho:
    """One Zoho organisation."""

    name = "zoho"

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.tokens, self.modules = Tokens(simulation), Modules(simulation)
        self.listing = Listing(simulation, self.modules)
        self.bulk = Bulk(simulation, self.listing)
        self.credits, self.inside, self.heavy = Window(DAY), Busy(), Busy()
        simulation.on_reset.append(self._begin_anew)
        self.app = Starlette(
            routes=[*control_routes(simulation), *self._routes()], exception_handlers={404: _unknown, 405: _wrong_method}
        )

    def _routes(self) -> list[Route]:
        simulation, modules, listing = self.simulation, self.modules, self.listing
        history = History(simulation)
        record, deleted, search = Record(simulation, listing), Deleted(simulation, listing), Search(simulation, listing)
        metadata, coql, bulk = Metadata(simulation, modules, listing), Coql(simulation, listing), self.bulk
        crm = "/crm/{version:str}"
        paths: list[tuple[str, str, Endpoint, str]] = [
            ("POST", "/crm/bulk/{version}/read", bulk.create, "bulk.READ"),
            ("GET", "/crm/bulk/{version}/read/{id}", bulk.status, "bulk.READ"),
            ("GET", "/crm/bulk/{version}/read/{id}/result", bulk.result, "bulk.READ"),
            ("POST", f"{crm}/coql", coql.query, "coql.READ"),
            ("GET", f"{crm}/users", metadata.users, "users.READ"),
            ("GET", f"{crm}/users/{{id}}", metadata.user, "users.READ"),
            ("GET", f"{crm}/org", metadata.org, "org.READ"),
            ("GET", f"{crm}/org/currencies", metadata.currencies, "settings.currencies.READ"),
            ("GET", f"{crm}/settings/modules", metadata.all_modules, "settings.modules.READ"),
            ("GET", f"{crm}/settings/modules/{{name}}", metadata.one_module, "settings.modules.READ"),
            ("GET", f"{crm}/settings/fields", metadata.fields, "settings.fields.READ"),
            ("GET", f"{crm}/settings/fields/{{id}}", metadata.fields, "settings.fields.READ"),
            ("GET", f"{crm}/settings/layouts", metadata.layouts, "settings.layouts.READ"),
            ("GET", f"{crm}/settings/custom_views", listing.views.custom_views, "settings.custom_views.READ"),
            ("GET", f"{crm}/settings/pipeline", metadata.pipeline, "settings.pipeline.READ"),
            ("GET", f"{crm}/settings/related_lists", metadata.related_lists, "settings.related_lists.READ"),
            ("POST", f"{crm}/actions/watch", metadata.watch, "notifications.CREATE"),
            ("GET", f"{crm}/{{module}}", listing.get_records, "modules"),
            ("GET", f"{crm}/{{module}}/deleted", deleted.get_deleted, "modules"),
            ("GET", f"{crm}/{{module}}/actions/count", search.count, "count"),
            ("GET", f"{crm}/{{module}}/search", search.search, "count"),
            ("GET", f"{crm}/{{module}}/actions/fetch_full_data", record.fetch_full_data, "modules"),
            ("GET", f"{crm}/{{module}}/{{id}}", record.get_record, "modules"),
            ("GET", f"{crm}/{{module}}/{{id}}/__timeline", history.timeline, "modules"),
            ("GET", f"{crm}/{{module}}/{{id}}/actions/fetch_full_data", record.fetch_full_data, "modules"),
            ("GET", f"{crm}/{{module}}/{{id}}/{{list}}", metadata.related_list, "modules"),
        ]
        return [
            Route("/oauth/v2/token", self.tokens.token, methods=["POST"]),
            Route("/oauth/v2/token/revoke", self.tokens.revocation, methods=["POST"]),
            *(Route(path, self._guarded(endpoint, scope), methods=[method]) for method, path, endpoint, scope in paths),
        ]

    def _guarded(self, endpoint: Endpoint, scope: str) -> Endpoint:
        """An endpoint that asks for a live token with the right scope first, and says errors as Zoho does."""

        async def guarded(request: Request) -> Response:
            try:
                token = self._token(request)
                self._scope(request, scope)
                reply = await endpoint(request)
            except Trouble as trouble:
                return trouble.answer()
            reply.headers["x-accesstoken-reset"] = self.tokens.expiry_of(token)
            allowed = self.simulation.options.zoho_credits
            if self.simulation.limited and self.credits.spent * 2 >= allowed:
                reply.headers["X-API-CREDITS-REMAINING"] = str(allowed - self.credits.spent)
            return reply

        return guarded

    def _token(self, request: Request) -> str:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind not in {"Zoho-oauthtoken", "Bearer"} or not token:
            raise Trouble("AUTHENTICATION_FAILURE")
        if self.tokens.seconds_left(token) is None:
            code = self.simulation.options.zoho.invalid_token_code
            raise Trouble(code, message="invalid oauth token")
        return token

    def _scope(self, request: Request, scope: str) -> None:
        options = self.simulation.options.zoho
        wanted = f"ZohoCRM.{scope}"
        if scope == "modules":
            wanted = f"ZohoCRM.modules.{request.path_params['module'].lower()}.READ"
        elif scope == "count":
            wanted = "ZohoSearch.securesearch.READ"
        if not is_granted(options.scopes, wanted):
            raise Trouble("OAUTH_SCOPE_MISMATCH")

    def _begin_anew(self) -> None:
        """Forget what was used up, and who was locked out."""
        self.credits = Window(DAY)
        self.tokens.begin_anew()
        self.bulk.begin_anew()

    # --- limits ---

    def admit(self, call: Call) -> Response | None:
        """Refuse a call beyond credits, concurrency or sub-concurrency: all three look alike."""
        if not call.path.startswith("/crm"):
            return None
        heavy, options = HEAVY.search(call.path) is not None, self.simulation.options
        if self.simulation.limited:
            full = self.inside.now >= options.zoho_concurrency or (heavy and self.heavy.now >= options.zoho.sub_concurrency)
            if full or not self.credits.take(self.simulation.clock(), options.zoho_credits, self._cost(call)):
                return Trouble("TOO_MANY_REQUESTS").answer()
        self.inside.enter()
        if heavy:
            self.heavy.enter()
        self.simulation.counts["zoho most at once"] = self.inside.peak
        self.simulation.counts["zoho most heavy at once"] = self.heavy.peak
        return None

    def leave(self, call: Call) -> None:
        """A call is done."""
        if call.path.startswith("/crm"):
            self.inside.leave()
            if HEAVY.search(call.path):
                self.heavy.leave()

    def _cost(self, call: Call) -> int:
        """Credits of a call: by LIMIT for COQL, a lump for a bulk job, one for the rest."""
        if call.path.endswith("/coql"):
            limit = LIMIT.search(call.body)
            asked = int(limit[1]) if limit else 200
            return 1 if asked <= 200 else 2 if asked <= 1000 else 3
        if call.method == "POST" and call.path.endswith("/read"):
            return self.simulation.options.zoho.bulk_credits
        return 1

    # --- trouble ---

    def suffer(self, fault: Fault, call: Call) -> Response | None:
        """What a fault does here."""
        said = self._said(fault, is_login=call.path.startswith("/oauth"))
        if said is not None:
            if fault.retry_after:
                said.headers["Retry-After"] = fault.retry_after
            return said
        if fault.kind == "token_expired" and not call.path.startswith("/oauth"):
            self.tokens.reset()
        elif fault.kind == "token_revoked":
            self.tokens.revoke()
        elif fault.kind == "page_token_expired" and "page_token=" in call.path:
            return page_token_expired().answer()
        return None

    def _said(self, fault: Fault, *, is_login: bool) -> Response | None:
        """What is answered in place of the right answer, if anything."""
        if fault.kind == "token_throttled":
            return self.tokens.throttled() if is_login else None
        if fault.kind in {"throttle", "quota"}:
            return None if is_login and fault.kind == "throttle" else Trouble("TOO_MANY_REQUESTS").answer()
        if fault.kind == "server_error":
            code = "INTERNAL_SERVER_ERROR" if fault.status != 500 else "INTERNAL_ERROR"
            return Trouble(code, status=fault.status, message=MESSAGES["INTERNAL_ERROR"]).answer()
        if fault.kind == "html":
            return answer(HTML.format(status=fault.status).encode(), fault.status, "text/html;charset=UTF-8")
        if fault.kind == "refuse":
            body = {"code": fault.message, "details": {}, "message": fault.message.lower(), "status": "error"}
            return answer(msgspec.json.encode(body), fault.status)
        return None


async def _unknown(_request: Request, _error: Exception) -> Response:
    return Trouble("INVALID_URL_PATTERN").answer()


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    return Trouble("INVALID_REQUEST_METHOD").answer()
