"""Records as Zoho lists them: Get Records with its two kinds of paging, and how any of its records is written.

What to add here: a parameter of the list call.
What belongs elsewhere: one record (`record.py`), deletions and counts (`deleted.py`), queries (`coql.py`), exports (`bulk.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.pages import misread
from simulators.records import Ints, Row, Table, View, from_micros, to_micros
from simulators.rendering import joined, projector
from simulators.zoho.history import deal_history
from simulators.zoho.modules import Modules
from simulators.zoho.replies import Trouble, answer, nothing
from simulators.zoho.views import Views

SORTS = ("id", "Created_Time", "Modified_Time")
MAX_FIELDS = 50
RICH_TEXT = 500
SECOND = 1_000_000
STAMP = re.compile(rb'^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d')


class Ask(NamedTuple):
    """A list call, understood."""

    fields: tuple[str, ...]
    per_page: int
    sort_by: str
    sort_order: str
    converted: str
    ids: str
    cvid: str
    since: int | None

    @property
    def bound(self) -> tuple[Any, ...]:
        """What a page token holds the caller to."""
        return self[:-1]


class Walk(msgspec.Struct):
    """What a page token stands for: the page that begins at `position`."""

    ask: Ask
    position: int
    page: int
    expiry: float
    last: tuple[int, int] | None
    snapshot: View | None


class Listing:
    """The calls that list records."""

    def __init__(self, simulation: Simulation, modules: Modules) -> None:
        self.simulation, self.modules = simulation, modules
        self.views = Views(simulation, modules)
        self.walks: dict[str, Walk] = {}
        self._calls = 0

    # --- which records ---

    def view(self, module: str) -> View | None:
        """A module as it stands; None for one without records. Not allowed or not there is an error."""
        options = self.simulation.options.zoho
        if module in options.no_permission:
            permissions = {"permissions": [f"Crm_Implied_View_{module}"]}
            raise Trouble("NO_PERMISSION", permissions, status=options.no_permission_status)
        if module == "Notes" and not options.is_admin:
            raise Trouble("NOT_SUPPORTED")
        if module == "DealHistory":
            deal_history(self.simulation)
        view = self.simulation.view("zoho", module, share=options.visible_share)
        if module in options.lacks or (view is None and module not in self.modules.names()):
            raise Trouble("INVALID_MODULE", {"resource_path_index": 0})
        return view

    def _rows(self, view: View, ask: Ask) -> Ints:
        """The records of a call in their order."""
        options = self.simulation.options.zoho
        key = (*ask[2:], options.ties, options.if_modified_since_inclusive)
        shuffled = options.ties == "shuffled" and ask.sort_by != "id"
        if shuffled or key not in view.kept:
            view.kept[key] = self._ordered(view, ask)
        rows: Ints = view.kept[key]
        return rows

    def _ordered(self, view: View, ask: Ask) -> Ints:
        rows = {"id": view.rows, "Modified_Time": view.by_modified, "Created_Time": view.by_created}[ask.sort_by]
        rows = self._tied(view, rows, ask.sort_by)
        if ask.converted != "both" and view.table.name == "Leads":
            rows = rows[view.table.converted[rows] == (ask.converted == "true")]
        if ask.since is not None:
            changed = view.table.modified[rows] // SECOND * SECOND
            inclusive = self.simulation.options.zoho.if_modified_since_inclusive
            rows = rows[changed >= ask.since] if inclusive else rows[changed > ask.since]
        if ask.ids:
            wanted = {view.find(key) for key in ask.ids.split(",")} - {None}
            rows = rows[np.isin(rows, np.array(sorted(wanted), np.int64))]
        rows = self.views.selected(view.table.name, view, rows, ask.cvid)
        return rows if ask.sort_order == "asc" else rows[::-1]

    def _tied(self, view: View, rows: Ints, sort_by: str) -> Ints:
        """Records with equal times in the order that the switch says."""
        how, walk = self.simulation.options.zoho.ties, self.simulation.options.zoho.page_walk
        if how == "id" or sort_by == "id" or (how == "shuffled" and walk == "keyset"):  # a keyset needs an order that stays
            return rows
        times = (view.table.modified if sort_by == "Modified_Time" else view.table.created)[rows]
        self._calls += 1
        second = -np.arange(len(rows)) if how == "reverse" else np.random.default_rng(self._calls).permutation(len(rows))
        return rows[np.lexsort((second, times))]

    # --- how they are written ---

    def writer(
        self, module: str, table: Table, fields: tuple[str, ...] | None, *, whole_text: bool = False
    ) -> Callable[[int], bytes]:
        """Writes one version: the given fields, or all."""
        simulation, modified = self.simulation, table.names.modified
        options = simulation.options.zoho
        cut = () if whole_text else options.rich_text_fields
        zone = ZoneInfo(options.user_time_zone) if options.user_time_zone else None
        project = joined if fields is None else projector(fields)

        def write(version: int) -> bytes:
            row = simulation.raw("zoho", table, version)
            if module in options.modules_without_modified_time:
                row.pop(modified, None)
            elif modified not in row:
                row[modified] = msgspec.json.encode(from_micros(int(table.modified[version])).isoformat(timespec="seconds"))
            for name in cut:
                if name in row:
                    row[name] = _cut(row[name])
            for name in options.restricted_fields:
                if name in row:
                    row[name] = b"null"
            return project(row if zone is None else _in_zone(row, zone))

        return write

    def kind(self, table: Table, *more: Any) -> tuple[Any, ...]:
        """What the text of rows depends on."""
        options = self.simulation.options.zoho
        hidden = options.restricted_fields, options.modules_without_modified_time
        return self.simulation.kind("zoho", table, options.rich_text_fields, options.user_time_zone, *hidden, *more)

    def known(self, module: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The asked fields that are answered: `id` always, unknown ones and subforms as the switches say."""
        options, known = self.simulation.options.zoho, self.modules.fields(module)
        kept: list[str] = []
        for name in fields:
            field = known.get(name)
            if field is None and options.unknown_field == "error":
                raise Trouble("INVALID_DATA", {"param_name": "fields", "api_name": name})
            single = field is not None and field["data_type"] in {"subform", "multiselectlookup", "multiuserlookup"}
            if single and options.subform_in_list == "error":
                raise Trouble("INVALID_DATA", {"param_name": "fields", "api_name": name})
            if (field is None and options.unknown_field == "omit") or (single and options.subform_in_list == "omit"):
                continue
            kept.append(name)
        return tuple(dict.fromkeys([*kept, "id"]))

    # --- Get Records ---

    async def get_records(self, request: Request) -> Response:
        """`GET /crm/v8/{module}`."""
        module, version = request.path_params["module"], request.path_params["version"]
        view = self.view(module)
        ask = self._asked(request, version, module)
        token = request.query_params.get("page_token")
        walk = self._walk(token, ask) if token else self._first(request.query_params, ask)
        if view is None or not len(view.rows):
            return nothing()
        view = walk.snapshot or view
        rows = self._rows(view, walk.ask)
        if not token and not len(rows):
            return nothing(self.simulation.options.zoho.nothing_modified if ask.since is not None else 204)
        return self._page(request, view, walk, rows, token)

    def _asked(self, request: Request, version: str, module: str) -> Ask:
        options, query = self.simulation.options.zoho, request.query_params
        fields = tuple(name.strip() for name in query.get("fields", "").split(",") if name.strip())
        if not fields and version != "v2":
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "fields"})
        if len(fields) > MAX_FIELDS and version != "v2":
            raise Trouble("LIMIT_EXCEEDED", {"limit": MAX_FIELDS, "param_name": "fields"})
        if "criteria" in query and options.criteria_in_list == "error":
            raise Trouble("INVALID_DATA", {"param_name": "criteria"})
        if fields == ("id",) and not options.fields_id_alone:
            raise Trouble("INVALID_DATA", {"param_name": "fields"})
        sort_by = _one_of(query, "sort_by", "id", SORTS)
        sort_order = _one_of(query, "sort_order", "desc", ("asc", "desc"))
        converted = _one_of(query, "converted", "false", ("true", "false", "both"))
        for one, other in (("cvid", "sort_by"), ("page", "page_token")):
            if one in query and other in query:
                raise Trouble("AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": [{"param_name": one}, {"param_name": other}]})
        return Ask(
            fields,
            self.per_page(query),
            sort_by,
            sort_order,
            converted,
            query.get("ids", ""),
            query.get("cvid", ""),
            since(request),
        )

    def per_page(self, query: QueryParams) -> int:
        """`per_page`, refused or cut beyond the most."""
        options = self.simulation.options.zoho
        asked = number(query, "per_page", options.max_per_page)
        if asked > options.max_per_page and options.per_page_policy == "error":
            raise Trouble("INVALID_DATA", {"param_name": "per_page", "limit": options.max_per_page})
        return min(asked, options.max_per_page)

    def _first(self, query: QueryParams, ask: Ask) -> Walk:
        """The page that `page` names."""
        page = number(query, "page", 1)
        reach = self.simulation.options.zoho.page_records
        if (page - 1) * ask.per_page >= reach:
            raise Trouble("DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": reach})
        return Walk(ask, (page - 1) * ask.per_page, page, 0, None, None)

    def _walk(self, token: str, ask: Ask) -> Walk:
        """The page that a token names, for the caller it was given to."""
        options, walk = self.simulation.options.zoho, self.walks.get(token)
        if walk is None:
            raise Trouble("INVALID_DATA", {"param_name": "page_token"})
        if walk.expiry <= self.simulation.clock():
            raise page_token_expired()
        if walk.ask.bound != ask.bound or (options.page_binds_if_modified_since == "bound" and walk.ask.since != ask.since):
            raise Trouble("TOKEN_BOUND_DATA_MISMATCH", {"param_name": "page_token"})
        if walk.position >= options.page_token_records:
            raise Trouble("PAGINATION_LIMIT_EXCEEDED", {"param_name": "page_token", "limit": options.page_token_records})
        return msgspec.structs.replace(walk, ask=ask) if options.page_binds_if_modified_since == "header" else walk

    def _page(self, request: Request, view: View, walk: Walk, rows: Ints, token: str | None) -> Response:
        ask, fault = walk.ask, getattr(request.scope.get("fault"), "kind", "")
        module, version = request.path_params["module"], request.path_params["version"]
        if fault == "unfiltered":
            rows = self._rows(view, ask._replace(since=None))
        position = walk.position if walk.last is None else self._place(view, rows, walk.last, ask)
        page = rows[position : position + ask.per_page]
        more = position + ask.per_page < len(rows) or fault == "endless_pages"
        if not len(page) and fault != "endless_pages":
            return nothing()
        page = misread(fault, page, rows, position)
        fields = self.known(module, ask.fields) if ask.fields else None
        block = self.simulation.blocks.rows(self.kind(view.table, fields), page, self.writer(module, view.table, fields))
        info: dict[str, Any] = {"call": False, "per_page": ask.per_page}
        if version != "v2":
            following = self._next(walk, position, page, view) if more else None
            info |= {
                "next_page_token": token if fault == "repeated_page_token" and token else following,
                "count": len(page) + 7 * (fault == "wrong_info"),
                "sort_by": ask.sort_by,
                "page": walk.page,
                "previous_page_token": self._previous(walk, position),
                "page_token_expiry": self._expiry() if following else None,
                "sort_order": ask.sort_order,
            }
        else:
            info |= {"count": len(page), "page": walk.page}
        info |= {"email": False, "more_records": more}
        self.simulation.counts["zoho rows"] += len(page)
        return answer(b'{"data":[' + block + b'],"info":' + msgspec.json.encode(info) + b"}")

    def _next(self, walk: Walk, position: int, page: Ints, view: View) -> str:
        """A token for the page after this one."""
        options = self.simulation.options.zoho
        last = _key_of(view, int(page[-1]), walk.ask) if options.page_walk == "keyset" and len(page) else None
        snapshot = view if options.page_walk == "snapshot" else None
        return self._token(walk.ask, position + walk.ask.per_page, walk.page + options.page_counts_up, last, snapshot)

    def _previous(self, walk: Walk, position: int) -> str | None:
        """A token for the page before this one."""
        if position == 0:
            return None
        return self._token(walk.ask, max(0, position - walk.ask.per_page), walk.page, None, walk.snapshot)

    def _token(self, ask: Ask, position: int, page: int, last: tuple[int, int] | None, snapshot: View | None) -> str:
        """The token of a page: the same one when it is given out again."""
        moment = 0 if snapshot is None else snapshot.moment
        name = blake2b(repr((ask, position, last, moment)).encode()).hexdigest()
        expiry = self.simulation.clock() + self.simulation.options.zoho.page_token_seconds
        self.walks[name] = Walk(ask, position, page, expiry, last, snapshot)
        return name

    def _place(self, view: View, rows: Ints, last: tuple[int, int], ask: Ask) -> int:
        """How many rows come up to and including the last one seen, in the order that equal times have here."""
        first, second = _times(view, rows, ask.sort_by), view.table.rank[view.table.record[rows]]
        tie = last[1]
        if self.simulation.options.zoho.ties == "reverse" and ask.sort_by != "id":
            second, tie = -second, -tie
        if ask.sort_order == "asc":
            return int(np.count_nonzero((first < last[0]) | ((first == last[0]) & (second <= tie))))
        return int(np.count_nonzero((first > last[0]) | ((first == last[0]) & (second >= tie))))

    def _expiry(self) -> str:
        expiry = self.simulation.at + timedelta(seconds=self.simulation.options.zoho.page_token_seconds)
        return expiry.isoformat(timespec="seconds")


def number(query: QueryParams, name: str, default: int) -> int:
    """A parameter that must be a whole number from 1."""
    text = query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise Trouble("PATTERN_NOT_MATCHED" if not text.lstrip("-").isdigit() else "INVALID_DATA", {"param_name": name})
    return int(text)


def _one_of(query: QueryParams, name: str, default: str, supported: tuple[str, ...]) -> str:
    value = query.get(name, default)
    if value not in supported:
        raise Trouble("INVALID_DATA", {"param_name": name, "supported_values": list(supported)})
    return value


def since(request: Request) -> int | None:
    """The If-Modified-Since header, which here is an ISO 8601 time with its offset."""
    text = request.headers.get("if-modified-since")
    if text is None:
        return None
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble("INVALID_DATA", {"header_name": "If-Modified-Since"}) from None
    if stamp.tzinfo is None:
        raise Trouble("INVALID_DATA", {"header_name": "If-Modified-Since"})
    return to_micros(stamp)


def page_token_expired() -> Trouble:
    """The error of a page token that is too old."""
    return Trouble("EXPIRED_VALUE", {"api_name": "page_token", "json_path": "$.query.page_token"})


def _times(view: View, rows: Ints, sort_by: str) -> Ints:
    if sort_by == "id":
        return np.zeros(len(rows), np.int64)
    return (view.table.modified if sort_by == "Modified_Time" else view.table.created)[rows]


def _key_of(view: View, version: int, ask: Ask) -> tuple[int, int]:
    one = np.array([version])
    return int(_times(view, one, ask.sort_by)[0]), int(view.table.rank[view.table.record[version]])


def _cut(value: Any) -> bytes:
    text = msgspec.json.decode(value)
    return msgspec.json.encode(text[:RICH_TEXT] if isinstance(text, str) else text)


def _in_zone(row: Row, zone: ZoneInfo) -> Row:
    """The same row with its date-times in the offset of a zone."""
    for name, value in row.items():
        text = bytes(value)
        if STAMP.match(text):
            row[name] = msgspec.json.encode(
                datetime.fromisoformat(text[1:-1].decode()).astimezone(zone).isoformat(timespec="seconds")
            )
    return row
