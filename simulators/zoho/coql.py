"""COQL: Zoho's select statement, parsed, checked against its limits, and answered.

What to add here: a part of the grammar, a limit of it.
What belongs elsewhere: what conditions mean (`conditions.py`), what fields there are (`modules.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import Ints, View
from simulators.zoho.conditions import Condition, Group, Test, selected, tests, value_of
from simulators.zoho.listing import Listing
from simulators.zoho.replies import Trouble, answer_json, nothing

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<word>[A-Za-z_$][\w$.]*)"""
    r"""|(?P<sign>>=|<=|!=|<>|[=<>(),*]))"""
)
DEFAULT_LIMIT = 200
MOST = {"where": 25, "order by": 10, "group by": 4, "aggregate": 5}
PAIR = 2
AGGREGATES = {"sum", "max", "min", "avg", "count"}


@dataclass(slots=True)
class Column:
    """One column of a select list."""

    field: str
    aggregate: str = ""
    alias: str = ""

    @property
    def key(self) -> str:
        """The name under which it is answered."""
        return self.alias or (f"{self.aggregate.upper()}({self.field})" if self.aggregate else self.field)


@dataclass(slots=True)
class Query:
    """A select statement, understood."""

    columns: list[Column] = field(default_factory=list)
    module: str = ""
    where: Condition | None = None
    group_by: list[str] = field(default_factory=list)
    order_by: list[tuple[str, bool]] = field(default_factory=list)
    limit: int = DEFAULT_LIMIT
    offset: int = 0


class Parser:
    """Reads one statement; what it cannot read is a SYNTAX_ERROR that names the clause."""

    def __init__(self, text: str) -> None:
        self.tokens, self.place, self.clause = _tokens(text), 0, "select"

    def query(self) -> Query:
        """The whole statement."""
        query = Query()
        self._word("select")
        query.columns = self._listed(self._column)
        self.clause = "from"
        self._word("from")
        query.module = self._name()
        if self._skip("where"):
            self.clause = "where"
            query.where = self._condition()
        if self._skip("group"):
            self.clause = "group by"
            self._word("by")
            query.group_by = self._listed(self._name)
        if self._skip("order"):
            self.clause = "order by"
            self._word("by")
            query.order_by = self._listed(self._order)
        self._window(query)
        if self.place < len(self.tokens):
            self._wrong()
        return query

    def _window(self, query: Query) -> None:
        if self._skip("limit"):
            self.clause = "limit"
            query.limit = self._number()
            if self._skip(","):
                query.offset, query.limit = query.limit, self._number()
        if self._skip("offset"):
            self.clause = "offset"
            query.offset = self._number()

    # --- parts ---

    def _column(self) -> Column:
        name = self._name()
        column = Column(name)
        if name.lower() in AGGREGATES and self._skip("("):
            column = Column(self._name(), name.lower())
            self._word(")")
        if self._skip("as"):
            column.alias = self._name()
        return column

    def _order(self) -> tuple[str, bool]:
        name = self._name()
        if self._skip("desc"):
            return name, False
        self._skip("asc")
        return name, True

    def _condition(self) -> Condition:
        """Operands joined by one word; more than two need brackets, pair by pair."""
        first = self._operand()
        word = "and" if self._skip("and") else "or" if self._skip("or") else ""
        if not word:
            return first
        second = self._operand()
        if self._peek() in {"and", "or"}:
            self._wrong()
        parts = tuple(
            part
            for operand in (first, second)
            for part in (operand.parts if isinstance(operand, Group) and operand.every and word == "and" else (operand,))
        )
        return Group(word == "and", parts)

    def _operand(self) -> Condition:
        if self._skip("("):
            condition = self._condition()
            self._word(")")
            return condition
        return self._test()

    def _test(self) -> Test:
        name = self._name()
        if self._skip("is"):
            negated = self._skip("not")
            self._word("null")
            return Test(name, "is not null" if negated else "is null")
        negated = "not " if self._skip("not") else ""
        if self._skip("in"):
            self._word("(")
            values = self._listed(self._value)
            self._word(")")
            return Test(name, f"{negated}in", values)
        if self._skip("between"):
            low = self._value()
            self._word("and")
            return Test(name, f"{negated}between", [low, self._value()])
        if self._skip("like"):
            return Test(name, f"{negated}like", self._value())
        operator = self._take()
        if operator not in {"=", "!=", "<>", ">", ">=", "<", "<="} or negated:
            self._wrong()
        return Test(name, "!=" if operator == "<>" else operator, self._value())

    def _value(self) -> Any:
        token = self._take()
        if token.startswith("'"):
            return re.sub(r"\\(.)", r"\1", token[1:-1].replace("''", "'"))
        if token.lower() in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[token.lower()]
        if not re.fullmatch(r"-?\d+(\.\d+)?", token):
            self._wrong()
        return Decimal(token) if "." in token else int(token)

    # --- tokens ---

    def _listed(self, part: Callable[[], Any]) -> list[Any]:
        parts = [part()]
        while self._skip(","):
            parts.append(part())
        return parts

    def _peek(self) -> str:
        return self.tokens[self.place].lower() if self.place < len(self.tokens) else ""

    def _take(self) -> str:
        if self.place >= len(self.tokens):
            self._wrong()
        self.place += 1
        return self.tokens[self.place - 1]

    def _skip(self, word: str) -> bool:
        found = self._peek() == word
        self.place += found
        return found

    def _word(self, word: str) -> None:
        if not self._skip(word):
            self._wrong()

    def _name(self) -> str:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1]
        if not re.match(r"[A-Za-z_$]", token):
            self._wrong()
        return token

    def _number(self) -> int:
        token = self._take()
        if not token.isdigit():
            self._wrong()
        return int(token)

    def _wrong(self) -> None:
        near = self.tokens[self.place] if self.place < len(self.tokens) else "end"
        raise Trouble("SYNTAX_ERROR", {"clause": self.clause, "near": near}, message="error occurred while parsing the query")


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    text = text.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise Trouble(
                "SYNTAX_ERROR",
                {"line": 1, "column": place + 1, "near": text[place : place + 10]},
                message="error occurred while parsing the query",
            )
        found.append(match[match.lastgroup or 0])
        place = match.end()
    return found


class Coql:
    """The call that answers queries."""

    def __init__(self, simulation: Simulation, listing: Listing) -> None:
        self.simulation, self.listing = simulation, listing

    async def query(self, request: Request) -> Response:
        """`POST /crm/v8/coql`."""
        try:
            body = msgspec.json.decode(await request.body() or b"{}")
        except msgspec.DecodeError:
            raise Trouble("INVALID_DATA", {"expected_data_type": "jsonobject"}) from None
        if not isinstance(body, dict) or not isinstance(body.get("select_query"), str):
            raise Trouble("MANDATORY_NOT_FOUND", {"api_name": "select_query", "json_path": "$.select_query"})
        query = Parser(body["select_query"]).query()
        view = self._view(query.module)
        self._check(query)
        rows = np.empty(0, np.int64) if view is None else selected(self.simulation, view, self._listed(view), query.where)
        if view is None or not len(rows):
            return nothing()
        if query.group_by or any(column.aggregate for column in query.columns):
            return self._aggregated(query, view, rows)
        page = self._ordered(view, rows, query)[query.offset : query.offset + query.limit]
        if not len(page):
            return nothing()
        data = [self._row(view, version, query) for version in page.tolist()]
        more = query.offset + query.limit < len(rows)
        reply: dict[str, Any] = {"data": data, "info": {"count": len(data), "more_records": more}}
        if "fields" in body.get("include_meta", []):
            known = self.listing.modules.fields(query.module)
            reply["fields"] = {"meta": {column.key: known.get(column.field.partition(".")[0], {}) for column in query.columns}}
        return answer_json(reply)

    def _view(self, module: str) -> View | None:
        if module not in self.listing.modules.names():
            raise Trouble("INVALID_QUERY", {"module": module}, message="module given seems to be invalid")
        return self.listing.view(module)

    def _listed(self, view: View) -> Ints:
        """The records that queries know of: perhaps not the leads that were converted."""
        if view.table.name != "Leads" or self.simulation.options.zoho.coql_converted:
            return view.rows
        return view.rows[~view.table.converted[view.rows]]

    def _check(self, query: Query) -> None:
        options = self.simulation.options.zoho
        if query.where is None and options.coql_needs_where:
            raise Trouble("SYNTAX_ERROR", {"clause": "where", "near": "end"}, message="error occurred while parsing the query")
        counts = {
            "where": len(tests(query.where)),
            "order by": len(query.order_by),
            "group by": len(query.group_by),
            "aggregate": sum(bool(column.aggregate) for column in query.columns),
        }
        over = {clause: MOST[clause] for clause, count in counts.items() if count > MOST[clause]}
        if len(query.columns) > options.coql_max_select:
            over["select"] = options.coql_max_select
        if any(test.operator.endswith("in") and len(test.value) > options.coql_max_in for test in tests(query.where)):
            over["in"] = options.coql_max_in
        if query.limit > options.coql_max_limit:
            over["limit"] = options.coql_max_limit
        for clause, limit in over.items():
            raise Trouble("LIMIT_EXCEEDED", {"clause": clause, "limit": limit})
        if query.offset + query.limit > options.coql_window:
            raise Trouble(
                "INVALID_QUERY", {"offset": query.offset, "limit": options.coql_window}, message="offset is out of range"
            )
        self._check_names(query)

    def _check_names(self, query: Query) -> None:
        keys = [column.key for column in query.columns]
        aliases = [column.alias for column in query.columns if column.alias]
        if len(set(aliases)) < len(aliases):
            raise Trouble("DUPLICATE_ALIAS", {"alias": next(alias for alias in aliases if aliases.count(alias) > 1)})
        if len(set(keys)) < len(keys):
            raise Trouble("DUPLICATE_DATA", {"column_name": next(key for key in keys if keys.count(key) > 1)})
        known = self.listing.modules.fields(query.module)
        used = [column.field for column in query.columns] + [test.field for test in tests(query.where)] + query.group_by
        used += [name for name, _ in query.order_by if name not in aliases]
        for name in used:
            if name != "id" and name.partition(".")[0] not in known:
                raise Trouble("INVALID_QUERY", {"column_name": name}, message="column given seems to be invalid")

    # --- rows ---

    def _ordered(self, view: View, rows: Ints, query: Query) -> Ints:
        """Rows (given by id) in the order of the query."""
        indexed = {"Modified_Time": view.table.modified, "Created_Time": view.table.created}
        for name, rises in reversed(query.order_by):
            if name == "id":
                column: Any = view.table.rank[view.table.record[rows]]
            elif name in indexed:
                column = indexed[name][rows]
            else:
                values = [value_of(self._decoded(view, version), name) for version in rows.tolist()]
                numeric = all(value is None or isinstance(value, int | float) for value in values)
                column = np.array(
                    [(float("-inf") if value is None else float(value)) if numeric else str(value or "") for value in values]
                )
            if not rises:
                rows, column = rows[::-1], column[::-1]
            rows = rows[np.argsort(column, kind="stable")]
            rows = rows if rises else rows[::-1]
        return rows

    def _decoded(self, view: View, version: int) -> dict[str, Any]:
        return {name: msgspec.json.decode(value) for name, value in self.simulation.raw("zoho", view.table, version).items()}

    def _row(self, view: View, version: int, query: Query) -> dict[str, Any]:
        raw = self.simulation.raw("zoho", view.table, version)
        row: dict[str, Any] = {}
        for column in query.columns:
            row[column.key] = self._cell(raw, query.module, column.field)
        row["id"] = view.key(version)
        return row

    def _cell(self, raw: Any, module: str, name: str) -> Any:
        """A value as COQL gives it: look-ups are bare ids, their fields are had by a dot."""
        base, _, inner = name.partition(".")
        value = raw.get(base)
        if value is None or bytes(value[:1] if isinstance(value, bytes) else bytes(value)[:1]) != b"{":
            return value
        lookup = msgspec.json.decode(value)
        if not inner:
            return {"id": lookup.get("id")}
        if inner == "id":
            return lookup.get("id")
        target = self.listing.modules.fields(module).get(base, {}).get("lookup", {}).get("module", {}).get("api_name", "")
        view = self.simulation.view("zoho", target) if target else None
        version = view.find(str(lookup.get("id"))) if view else None
        if view is None or version is None:
            return lookup.get("name")
        found = self.simulation.raw("zoho", view.table, version).get(inner.partition(".")[0])
        return None if found is None else msgspec.json.decode(found)

    def _aggregated(self, query: Query, view: View, rows: Ints) -> Response:
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for version in rows.tolist():
            row = self._decoded(view, version) | {"id": view.key(version)}
            groups.setdefault(tuple(value_of(row, name) for name in query.group_by), []).append(row)
        data = []
        for members in groups.values():
            data.append(
                {
                    column.key: _aggregate(column.aggregate, [value_of(row, column.field) for row in members])
                    if column.aggregate
                    else value_of(members[0], column.field)
                    for column in query.columns
                }
            )
        for name, rises in reversed(query.order_by):
            data.sort(key=lambda row, name=name: (row.get(name) is not None, row.get(name)), reverse=not rises)  # type: ignore[misc]
        page = data[query.offset : query.offset + query.limit]
        if not page:
            return nothing()
        return answer_json({"data": page, "info": {"count": len(page), "more_records": query.offset + query.limit < len(data)}})


def _aggregate(name: str, values: list[Any]) -> Any:
    present = [value for value in values if value is not None]
    if name == "count":
        return len(present)
    if not present:
        return None
    if name in {"max", "min"}:
        return max(present) if name == "max" else min(present)
    total = sum(Decimal(str(value)) for value in present)
    return float(total if name == "sum" else total / len(present))
