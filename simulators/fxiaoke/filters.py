"""What the filters of `search_query_info` mean, and the order of what they leave.

What to add here: an operator.
What belongs elsewhere: paging and envelopes (`query.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.control import Simulation
from simulators.fxiaoke.objects import EMPLOYEES
from simulators.fxiaoke.people import People
from simulators.fxiaoke.replies import Trouble
from simulators.records import Ints, View

OPERATORS = {
    "EQ",
    "N",
    "GT",
    "GTE",
    "LT",
    "LTE",
    "LIKE",
    "NLIKE",
    "IS",
    "ISN",
    "IN",
    "NIN",
    "BETWEEN",
    "NBETWEEN",
    "STARTWITH",
    "ENDWITH",
    "CONTAINS",
    "HASANYOF",
    "NHASANYOF",
}
NEGATED = {"N": "EQ", "NLIKE": "LIKE", "ISN": "IS", "NIN": "IN", "NBETWEEN": "BETWEEN", "NHASANYOF": "HASANYOF"}
TIMES = {"last_modified_time": "modified", "create_time": "created"}
BOUNDS: dict[str, Callable[[Any, Any], Any]] = {
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "EQ": lambda a, b: a == b,
}


class Filter(msgspec.Struct):
    """One condition, as the caller wrote it."""

    field_name: str
    operator: str
    field_values: list[Any] = []


class Order(msgspec.Struct):
    """One part of an order, as the caller wrote it."""

    fieldName: str
    isAsc: bool = True


class Filters:
    """Conditions turned into rows."""

    def __init__(self, simulation: Simulation, people: People) -> None:
        self.simulation, self.people = simulation, people

    def usable(self, filters: list[Filter], known: dict[str, Any]) -> list[Filter]:
        """The filters that count: others are ignored or refused, as the switches say."""
        options = self.simulation.options.fxiaoke
        kept = []
        for one in filters:
            if one.operator not in OPERATORS:
                if options.unknown_operator == "error":
                    raise Trouble(32000, f"operator {one.operator} is not supported")
                continue
            if one.field_name not in known:
                if options.unknown_field_filter == "error":
                    raise Trouble(32000, f"field {one.field_name} not found")
                continue
            kept.append(one)
        return kept

    def rows(self, view: View, filters: list[Filter]) -> Ints:
        """The standing records that pass every filter, by `_id`; kept for the next page."""
        key = (
            "filtered",
            msgspec.json.encode(filters),
            self.simulation.options.fxiaoke.between_inclusive,
            self.simulation.schema.get(("fxiaoke", view.table.name)) is None,
        )
        if key not in view.kept:
            rows, slow = view.rows, []
            for one in filters:
                mask = self._indexed(view, rows, one)
                if mask is None:
                    slow.append(one)
                else:
                    rows = rows[mask]
            if slow:
                rows = rows[np.array([self._passes(view, version, slow) for version in rows.tolist()], np.bool_)]
            view.kept[key] = rows
        kept: Ints = view.kept[key]
        return kept

    def _indexed(self, view: View, rows: Ints, one: Filter) -> NDArray[np.bool_] | None:
        if one.field_name not in TIMES or (one.operator not in BOUNDS and one.operator != "BETWEEN"):
            return None
        column: Ints = getattr(view.table, TIMES[one.field_name])[rows] // 1000
        values = [_millis(value) for value in one.field_values]
        if one.operator == "BETWEEN":
            _need(one, 2)
            inclusive = self.simulation.options.fxiaoke.between_inclusive
            inside = (column >= values[0]) & (column <= values[1]) if inclusive else (column > values[0]) & (column < values[1])
            return np.asarray(inside, np.bool_)
        _need(one, 1)
        return np.asarray(BOUNDS[one.operator](column, values[0]), np.bool_)

    def _passes(self, view: View, version: int, filters: list[Filter]) -> bool:
        row = self.simulation.raw("fxiaoke", view.table, version)
        for one in filters:
            raw = row.get(one.field_name)
            value = msgspec.json.decode(raw) if raw is not None else None
            if one.field_name == "life_status" and value is None:
                value = "normal"
            if one.field_name in EMPLOYEES and value is not None:
                value = [self.people.fsuid(str(user)) for user in (value if isinstance(value, list) else [value])]
                one = msgspec.structs.replace(one, field_values=[self.people.fsuid(str(user)) for user in one.field_values])
            if not self.passes(value, one):
                return False
        return True

    def passes(self, value: Any, one: Filter) -> bool:
        """Whether a value passes one filter; `N` passes what is null."""
        if one.operator in NEGATED:
            return not self.passes(value, msgspec.structs.replace(one, operator=NEGATED[one.operator]))
        empty = value is None or value == "" or value == []
        if one.operator == "IS":
            return empty
        if empty:
            return False
        if one.operator == "BETWEEN":
            _need(one, 2)
            low, high = ("GTE", "LTE") if self.simulation.options.fxiaoke.between_inclusive else ("GT", "LT")
            return _bound(value, low, one.field_values[0]) and _bound(value, high, one.field_values[1])
        values = value if isinstance(value, list) else [value]
        if one.operator in {"IN", "HASANYOF"}:
            return any(_bound(each, "EQ", wanted) for each in values for wanted in one.field_values)
        _need(one, 1)
        if one.operator in BOUNDS:
            return any(_bound(each, one.operator, one.field_values[0]) for each in values)
        if one.operator == "CONTAINS":
            return all(any(_bound(each, "EQ", wanted) for each in values) for wanted in one.field_values)
        text, wanted = str(value).lower(), str(one.field_values[0]).lower()
        return {"LIKE": wanted in text, "STARTWITH": text.startswith(wanted), "ENDWITH": text.endswith(wanted)}[one.operator]

    def ordered(self, view: View, rows: Ints, orders: list[Order]) -> Ints:
        """Rows (given by `_id`) in an order; equal ones by `_id`."""
        if not orders and self.simulation.options.fxiaoke.default_sort == "last_modified_desc":
            return rows[np.argsort(view.table.modified[rows], kind="stable")][::-1]
        for order in reversed(orders):
            column = self._column(view, rows, order.fieldName)
            places = np.argsort(column, kind="stable")
            rows = rows[places] if order.isAsc else rows[len(rows) - 1 - np.argsort(column[::-1], kind="stable")[::-1]]
        return rows

    def _column(self, view: View, rows: Ints, field: str) -> NDArray[Any]:
        """Something to sort by."""
        if field == "_id":
            return view.table.rank[view.table.record[rows]]
        if field in TIMES:
            return np.asarray(getattr(view.table, TIMES[field])[rows])
        values = [self.simulation.raw("fxiaoke", view.table, version).get(field) for version in rows.tolist()]
        decoded = ["" if value is None else msgspec.json.decode(value) for value in values]
        numbers = [_number(value) for value in decoded]
        if all(number is not None or value in {"", None} for number, value in zip(numbers, decoded, strict=True)):
            return np.array([float("-inf") if number is None else float(number) for number in numbers])
        return np.array([str(value) for value in decoded])


def after(view: View, rows: Ints, key: str) -> int:
    """How many of the rows (in the order of `_id`) have an id up to and including this one."""
    place = view.after(key)
    border = int(view.ranks[place - 1]) if place else -1
    kept = view.kept.get(("ranks", id(rows)))
    if kept is None or kept[0] is not rows:
        kept = (rows, view.table.rank[view.table.record[rows]])
        view.kept["ranks", id(rows)] = kept
    return int(np.searchsorted(kept[1], border, side="right"))


def _need(one: Filter, count: int) -> None:
    if len(one.field_values) < count:
        raise Trouble(32000, f"field_values of {one.field_name} needs {count}")


def _millis(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Trouble(32000, "field_values is no time") from None


def _number(value: Any) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _bound(value: Any, operator: str, wanted: Any) -> bool:
    """One comparison: by number where both are numbers and the stored one is not an id, else by text."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return bool(BOUNDS[operator](str(value).lower(), str(wanted).lower()))
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None and not (operator == "EQ" and isinstance(value, str) and isinstance(wanted, str)):
        return bool(BOUNDS[operator](left, right))
    if operator != "EQ" and right is not None:
        return False  # a word is neither more nor less than a number
    return bool(BOUNDS[operator](str(value), str(wanted)))
