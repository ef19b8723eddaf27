"""Records as Fxiaoke lists them: queries with filters, orders and projection, one record, and what stands beside each field.

What to add here: a part of the request or of a row.
What belongs elsewhere: what a filter means (`filters.py`), what a field is (`objects.py`), who somebody is (`people.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.fxiaoke.beside import PEOPLE_FIELDS, Beside
from simulators.fxiaoke.filters import Filter, Filters, Order, after
from simulators.fxiaoke.objects import Objects
from simulators.fxiaoke.people import People
from simulators.fxiaoke.replies import JSON, Trouble, success, trace_id
from simulators.fxiaoke.tokens import Identity
from simulators.pages import MISREAD, misread
from simulators.records import INVALID, Ints, Row, View
from simulators.rendering import joined

MILLI = 1000
NULL, NULL_TEXT = msgspec.Raw(b"null"), b"null"  # a value of a row is the one or the other kind, and they never compare equal
NUMERIC = {"currency", "number", "percentile"}
DEFAULTS: Row = {
    "_id": b'""',
    "name": b"null",
    "record_type": b'"default__c"',
    "life_status": b'"normal"',
    "lock_status": b'"0"',
    "is_deleted": b"false",
    "version": b'"1"',
}
OK = b'"errorCode":0,"errorMessage":"OK","errorDescription":"success"'
_TRACES = iter(range(1, 2**62))


class Search(msgspec.Struct):
    """`search_query_info` of a query."""

    limit: int = 20
    offset: int = 0
    filters: list[Filter] = []
    orders: list[Order] = []
    fieldProjection: list[str] = []
    field_projection: list[str] = []


class Queries:
    """The calls that list records."""

    def __init__(self, simulation: Simulation, objects: Objects, people: People) -> None:
        self.simulation, self.objects, self.people = simulation, objects, people
        self.filters = Filters(simulation, people)

    # --- which records ---

    def view(self, name: str, *, lagging: bool) -> View | None:
        """An object as queries see it; None for one without records. Forbidden or unknown is an error."""
        options = self.simulation.options.fxiaoke
        if name in options.forbidden:
            raise Trouble(20014)
        self.people.see_to_objects(name)
        share = options.not_admin_share
        if name == "PersonnelObj" and options.personnel_share < 1:
            share = options.personnel_share
        view = self.simulation.view("fxiaoke", name, lag=options.index_lag_ms * MILLI if lagging else 0, share=share)
        if name in options.lacks or (view is None and name not in self.objects.names()):
            raise Trouble(32000, f"object {name} not found")
        return view

    def _search(self, data: dict[str, Any], *, custom_path: bool = False) -> Search:
        try:
            search = msgspec.convert(data.get("search_query_info") or {}, Search)
        except msgspec.ValidationError as wrong:
            raise Trouble(32000, f"NullPointerException: {wrong}") from None
        options = self.simulation.options.fxiaoke
        if search.offset > options.max_offset or search.offset < 0:
            raise Trouble(10013, f"offset out of range {options.max_offset}", f"offset 不能超过{options.max_offset}")
        if search.limit < 1:
            raise Trouble(32000, "limit is wrong")
        if options.offset_must_be_multiple and search.offset % search.limit:
            raise Trouble(32000, "offset must be a multiple of limit")
        most = options.max_limit_custom if custom_path and options.max_limit_custom is not None else options.max_limit
        if search.limit > most and options.limit_policy == "error":
            raise Trouble(32000, f"limit out of range {most}")
        if options.limit_policy == "clamp":
            search.limit = min(search.limit, most)
        return search

    def _found(self, view: View, name: str, search: Search) -> tuple[Ints, int]:
        """The rows of a page, and how many records pass in all."""
        known = {**self.objects.fields(name), "_id": 1, "last_modified_time": 1, "create_time": 1}
        usable = self.filters.usable(search.filters, known)
        keys = [one for one in usable if one.field_name == "_id" and one.operator in {"GT", "GTE", "EQ", "LT", "LTE"}]
        rows = self.filters.rows(view, [one for one in usable if one not in keys])
        if not self.simulation.options.fxiaoke.invalid_rows_visible:
            rows = self._valid(view, rows)
        for one in keys:
            rows = _cut(view, rows, one.operator, str(one.field_values[0]) if one.field_values else "")
        by_id = [(order.fieldName, order.isAsc) for order in search.orders] == [("_id", True)]
        by_id = by_id or (not search.orders and self.simulation.options.fxiaoke.default_sort == "id")
        ordered = rows if by_id else self.filters.ordered(view, rows, search.orders)
        return ordered[search.offset : search.offset + search.limit], len(rows)

    def _around(self, view: View, name: str, search: Search, page: Ints) -> tuple[Ints, int]:
        """The list that a page is of, without the place where it begins, and that place."""
        placeless = [one for one in search.filters if one.field_name != "_id"]
        whole = self._found(view, name, msgspec.structs.replace(search, filters=placeless, offset=0, limit=2**31))[0]
        return whole, int(np.flatnonzero(whole == page[0])[0]) if len(page) else len(whole)

    def _valid(self, view: View, rows: Ints) -> Ints:
        """Rows without those that were made invalid."""
        if "valid" not in view.kept:
            mask = view.table.ending[view.rows] != INVALID
            for place, version in enumerate(view.rows.tolist()):
                if mask[place] and b'"life_status":"invalid"' in view.table.line(version).replace(b'": "', b'":"'):
                    mask[place] = False
            view.kept["valid"] = view.rows[mask]
        return rows[np.isin(rows, view.kept["valid"])]

    # --- the calls ---

    def query(self, request: Request, body: dict[str, Any], who: Identity, *, simple: bool = False) -> Response:
        """`/cgi/crm/v2/data/query` and the custom one."""
        data = _data(body)
        name = self._object(data, request)
        view = self.view(name, lagging=True)
        search = self._search(data, custom_path="/custom/" in request.url.path)
        fault = getattr(request.scope.get("fault"), "kind", "")
        if fault == "unfiltered":
            search.filters = []
        rows, total = (np.empty(0, np.int64), 0) if view is None else self._found(view, name, search)
        if view is not None and fault in MISREAD:
            rows = misread(fault, rows, *self._around(view, name, search, rows))
        shown = total + 7 * (fault == "wrong_info") if self._wants_total(body, data, who) else 0
        block = b""
        if view is not None and len(rows):
            fields = tuple(search.fieldProjection or search.field_projection)
            with_null, plain = bool(body.get("includeNull", False)), simple or not self.simulation.options.fxiaoke.decorations
            per_row = shown if who.legacy and shown and not simple else None
            kind = self.simulation.kind(
                "fxiaoke",
                view.table,
                fields,
                with_null,
                plain,
                who,
                per_row,
                self.simulation.moment,
                self.simulation.options.fxiaoke.numbers,
                self.simulation.options.fxiaoke.invalid_is_deleted,
                self.simulation.options.fxiaoke.long_text_limit,
            )
            write = self.writer(name, view, who, fields, with_null=with_null, plain=plain, per_row=per_row, is_cut=True)
            block = self.simulation.blocks.rows(kind, rows, write)
        self.simulation.counts["fxiaoke rows"] += len(rows)
        head = b'{"traceId":"%b",%b,"data":{"total":%d,"offset":%d,"limit":%d,"dataList":['
        start = head % (trace_id(-next(_TRACES)).encode(), OK, shown, search.offset, search.limit)
        return Response(start + block + b"]}}", 200, media_type=JSON)

    def _object(self, data: dict[str, Any], request: Request) -> str:
        """The object a call is about, on the path that it may be asked on."""
        name = data.get("dataObjectApiName")
        if not isinstance(name, str) or not name:
            raise Trouble(32000, "NullPointerException: dataObjectApiName")
        custom_path, custom = "/custom/" in request.url.path, name.endswith("__c")
        if custom != custom_path and (custom or not self.simulation.options.fxiaoke.custom_path_takes_preset):
            raise Trouble(32000, f"object {name} cannot be read here")
        return name

    def _wants_total(self, body: dict[str, Any], data: dict[str, Any], who: Identity) -> bool:
        """Whether the total is counted: three names for one switch, and a default that documents and life disagree on."""
        if "find_explicit_total_num" in data:
            return bool(data["find_explicit_total_num"])
        if "returnTotalNum" in body:
            return body["returnTotalNum"] in {1, 2}
        if "need_return_count_num" in body:
            return bool(body["need_return_count_num"])
        default = self.simulation.options.fxiaoke.total_default
        return who.legacy if default is None else default

    def find_one(self, request: Request, body: dict[str, Any], who: Identity) -> Response:
        """`/cgi/crm/custom/v2/data/findOne`: the first of a query."""
        data = _data(body)
        name = self._object(data, request)
        view, search = self.view(name, lagging=True), self._search(data)
        rows = np.empty(0, np.int64) if view is None else self._found(view, name, search)[0]
        if view is None or not len(rows):
            return success(data=None)
        write = self.writer(name, view, who, tuple(search.field_projection or search.fieldProjection), plain=True)
        return success(data=msgspec.Raw(write(int(rows[0]))))

    def get(self, request: Request, body: dict[str, Any], who: Identity) -> Response:
        """`/cgi/crm/v2/data/get`: one record, at once even where queries lag; a payment with its details."""
        data = _data(body)
        name = self._object(data, request)
        key, view = data.get("objectDataId"), self.view(name, lagging=False)
        if not key:
            raise Trouble(32000, "objectDataId 不能为空")
        version = view.find(str(key)) if view else None
        if view is None or version is None:
            raise Trouble(32000, f"record {key} of {name} not found")
        write = self.writer(name, view, who, (), with_null=bool(body.get("includeNull", False)))
        text = write(version)
        if name != "PaymentObj":
            return success(data=msgspec.Raw(text))
        row = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        details = {"OrderPaymentObj": [{"containerDocument": line} for line in self._lines(str(key), who)]}
        return success(data=row | {"details": details})

    def _lines(self, payment: str, who: Identity) -> list[msgspec.Raw]:
        view = self.view("OrderPaymentObj", lagging=False)
        if view is None:
            return []
        rows = self.filters.rows(view, [Filter("payment_id", "EQ", [payment])])
        write = self.writer("OrderPaymentObj", view, who, ())
        return [msgspec.Raw(write(version)) for version in rows.tolist()]

    # --- how they are written ---

    def writer(
        self,
        name: str,
        view: View,
        who: Identity,
        fields: tuple[str, ...],
        *,
        with_null: bool = False,
        plain: bool = False,
        per_row: int | None = None,
        is_cut: bool = False,
    ) -> Callable[[int], bytes]:
        """Writes one version: as stored, people by the caller's style of ids, with what Fxiaoke shows beside each field."""
        simulation, table = self.simulation, view.table
        names, (modified, created) = self.objects.fields(name), (table.names.modified, table.names.created)
        beside = None if plain else self._beside(name, view, who)
        changes = [change for change in (self._numbers(name), self._as_switched(name, is_cut=is_cut)) if change]
        tail = b"" if per_row is None else b',"total_num":%d' % per_row
        absent: dict[tuple[str, ...], bytes] = {}  # by the fields a row has: the rest of them, as nulls

        def nulls(shape: tuple[str, ...]) -> bytes:
            if shape not in absent:
                missing = [field for field in (fields or names) if field not in shape]
                absent[shape] = b"".join([b",%b:null" % msgspec.json.encode(field) for field in missing])
            return absent[shape]

        def write(version: int) -> bytes:
            row = DEFAULTS | simulation.raw("fxiaoke", table, version)
            if modified not in row:
                row[modified] = b"%d" % (table.modified[version] // MILLI)
            if created not in row:
                row[created] = b"%d" % (table.created[version] // MILLI)
            for change in changes:
                change(row)
            if fields:
                row = {field: row[field] for field in ("_id", *fields) if field in row}
            decorated = beside.decorate(row, table.ids[table.record[version]]) if beside else self._people(row, who)
            if not with_null:
                decorated = {field: value for field, value in decorated.items() if value != NULL and value != NULL_TEXT}
            text = joined(decorated)[:-1] + (nulls(tuple(decorated)) if with_null else b"")
            return text + (tail and tail + _search_after(table.modified[version], decorated.get("_id", b'""'))) + b"}"

        return write

    def _people(self, row: Row, who: Identity) -> Row:
        for field in PEOPLE_FIELDS:
            if field in row:
                row[field] = self.people.translated(bytes(row[field]), with_fsuid=who.with_fsuid)
        return row

    def _beside(self, name: str, view: View, who: Identity) -> Beside:
        """What stands beside the fields of an object, kept for the next page."""
        schema = self.simulation.schema.get(("fxiaoke", name))
        key = ("beside", name, who.with_fsuid, self.simulation.moment, None if schema is None else msgspec.json.encode(schema))
        if key not in view.kept:
            view.kept[key] = Beside(self.simulation, self.objects, self.people, name, with_fsuid=who.with_fsuid)
        beside: Beside = view.kept[key]
        return beside

    def _as_switched(self, name: str, *, is_cut: bool) -> Callable[[Row], None] | None:
        """Says of invalid records that they are deleted, and cuts long texts, where switches say so."""
        options = self.simulation.options.fxiaoke
        limit = options.long_text_limit if is_cut else None
        if limit is None and not options.invalid_is_deleted:
            return None
        long = [field for field, about in self.objects.fields(name).items() if about["type"] == "long_text"]

        def write(row: Row) -> None:
            if options.invalid_is_deleted and bytes(row["life_status"]) == b'"invalid"':
                row["is_deleted"] = b"true"
            for field in long if limit is not None else ():
                if bytes(row.get(field, b"null"))[:1] == b'"':
                    row[field] = msgspec.json.encode(msgspec.json.decode(row[field])[:limit])

        return write

    def _numbers(self, name: str) -> Callable[[Row], None] | None:
        """Writes numeric fields all as texts or all as numbers, where a switch says so."""
        how = self.simulation.options.fxiaoke.numbers
        if how == "as_stored":
            return None
        fields = [field for field, about in self.objects.fields(name).items() if about["type"] in NUMERIC and field != "version"]

        def write(row: Row) -> None:
            for field in fields:
                value = bytes(row.get(field, b"null"))
                if how == "strings" and value[:1] in b"-0123456789":
                    row[field] = b'"' + value + b'"'
                elif how == "numbers" and value[:1] == b'"' and value[1:-1]:
                    row[field] = value[1:-1]

        return write


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    if not isinstance(data, dict):
        raise Trouble(32000, "NullPointerException: data")
    return data


def _cut(view: View, rows: Ints, operator: str, key: str) -> Ints:
    """Rows in the order of `_id`, of which those beyond (or at, or before) a key remain."""
    upto = after(view, rows, key)
    equal = upto > 0 and view.key(int(rows[upto - 1])) == key
    before = upto - equal
    return {"GT": rows[upto:], "GTE": rows[before:], "LT": rows[:before], "LTE": rows[:upto], "EQ": rows[before:upto]}[operator]


def _search_after(modified: Any, key: Any) -> bytes:
    """`searchAfterId` of a row: modified time, a finer stamp, the id."""
    millis = int(modified) // MILLI
    return b',"searchAfterId":["%d","%d",%b]' % (millis, millis * MILLI + 44_000, bytes(key))
