"""Conditions on records: what COQL, Bulk Read and counts have in common once their own grammar is parsed.

What to add here: a comparison.
What belongs elsewhere: the grammars (`coql.py`, `bulk.py`); here is only the one of `criteria=` beside what all three mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.control import Simulation
from simulators.records import Ints, View, to_micros
from simulators.zoho.replies import Trouble

FEW = 20  # of so many standing records one
INDEXED = {"Modified_Time": "modified", "Created_Time": "created"}
COMPARATORS = {
    "equal": "=",
    "equals": "=",
    "not_equal": "!=",
    "greater_than": ">",
    "greater_equal": ">=",
    "less_than": "<",
    "less_equal": "<=",
    "in": "in",
    "not_in": "not in",
    "between": "between",
    "not_between": "not between",
    "starts_with": "starts_with",
    "contains": "contains",
    "not_contains": "not contains",
    "ends_with": "ends_with",
    "is_null": "is null",
    "is_not_null": "is not null",
}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a field."""

    field: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that must all hold, or of which one must."""

    every: bool
    parts: tuple[Condition, ...]


Condition = Test | Group


def tests(condition: Condition | None) -> list[Test]:
    """Every comparison in a condition."""
    if condition is None:
        return []
    return [condition] if isinstance(condition, Test) else [test for part in condition.parts for test in tests(part)]


def selected(simulation: Simulation, view: View, rows: Ints, condition: Condition | None) -> Ints:
    """Those of the rows for which a condition holds; times and ids are looked up in the index, the rest row by row."""
    if condition is None or not len(rows):
        return rows
    parts = condition.parts if isinstance(condition, Group) and condition.every else (condition,)
    slow: list[Condition] = []
    for part in parts:
        mask = _indexed(view, rows, part) if isinstance(part, Test) else None
        if mask is None:
            slow.append(part)
        else:
            rows = rows[mask]
    for part in slow:
        rows = rows[_read(simulation, view, rows, part)]
    return rows


def _read(simulation: Simulation, view: View, rows: Ints, condition: Condition) -> NDArray[np.bool_]:
    """Which rows pass, by reading them: all that stand, once and for the next page too, unless few are asked about."""
    change = simulation.schema.get(("zoho", view.table.name))
    key = ("passes", repr(condition), repr(change))
    if key not in view.kept and len(rows) * FEW > len(view.rows):
        passes = np.zeros(len(view.table), np.bool_)
        for version in view.rows.tolist():
            passes[version] = holds(condition, _decoded(simulation, view, version))
        view.kept[key] = passes
    if key in view.kept:
        return np.asarray(view.kept[key][rows], np.bool_)
    return np.array([holds(condition, _decoded(simulation, view, version)) for version in rows.tolist()], np.bool_)


def _decoded(simulation: Simulation, view: View, version: int) -> dict[str, Any]:
    return {name: msgspec.json.decode(value) for name, value in simulation.raw("zoho", view.table, version).items()}


def _indexed(view: View, rows: Ints, test: Test) -> NDArray[np.bool_] | None:
    """Which rows pass, where an index can tell."""
    if test.field in INDEXED and test.operator in {"=", ">", ">=", "<", "<=", "between"}:
        column: Ints = getattr(view.table, INDEXED[test.field])[rows] // 1_000_000
        if test.operator == "between":
            return (column >= _second(test.value[0])) & (column <= _second(test.value[1]))
        return _compared(column, test.operator, _second(test.value))
    if test.field == "id" and test.operator in {">", ">=", "<", "<="}:
        ranks, place = view.table.rank[view.table.record[rows]], view.after(str(test.value))
        equal = view.find(str(test.value)) is not None
        # `place` counts standing records up to the value; their ranks tell where it lies among all.
        border = int(view.ranks[place - 1]) if place else -1
        below = ranks < border if equal else ranks <= border
        mask = {">": ranks > border, ">=": ~below, "<": below, "<=": ranks <= border}[test.operator]
        return np.asarray(mask, np.bool_)
    if test.field == "id" and test.operator in {"in", "="}:
        keys = test.value if test.operator == "in" else [test.value]
        wanted = [version for version in map(view.find, map(str, keys)) if version is not None]
        return np.isin(rows, np.array(wanted, np.int64))
    if test.field == "id" and test.operator == "is not null":
        return np.ones(len(rows), np.bool_)
    return None


def _compared(column: Ints, operator: str, value: int) -> NDArray[np.bool_]:
    masks = {"=": column == value, ">": column > value, ">=": column >= value, "<": column < value, "<=": column <= value}
    return np.asarray(masks[operator], np.bool_)


def _second(text: Any) -> int:
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError:
        raise Trouble("INVALID_DATA", {"expected_data_type": "datetime"}) from None
    return to_micros(stamp) // 1_000_000


def holds(condition: Condition, row: dict[str, Any]) -> bool:
    """Whether a condition holds for a decoded row."""
    if isinstance(condition, Group):
        return (all if condition.every else any)(holds(part, row) for part in condition.parts)
    return compare(value_of(row, condition.field), condition.operator, condition.value)


def value_of(row: dict[str, Any], field: str) -> Any:
    """A field's value, a look-up's id; `Account_Name.Account_Name` the look-up's name."""
    base, _, inner = field.partition(".")
    value = row.get(base)
    if isinstance(value, dict):
        return value.get("name" if inner and inner != "id" else "id")
    return value


def compare(value: Any, operator: str, wanted: Any) -> bool:
    """One comparison, numbers by value, times by moment, text without regard to case."""
    if operator.startswith("not "):
        return not compare(value, operator[4:], wanted)
    if operator in {"is null", "is not null"}:
        return (value is None or value == "") == (operator == "is null")
    if operator == "in":
        return any(compare(value, "=", one) for one in wanted)
    if operator == "between":
        return compare(value, ">=", wanted[0]) and compare(value, "<=", wanted[1])
    if operator in {"like", "contains", "starts_with", "ends_with"}:
        return _text(value, operator, str(wanted))
    if operator == "!=":
        return not compare(value, "=", wanted)
    if value is None or wanted is None:
        return value is wanted and operator == "="
    left, right = _comparable(value, wanted)
    ordered = {"=": left == right, ">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}
    return bool(ordered[operator])


def _text(value: Any, operator: str, wanted: str) -> bool:
    text, wanted = str(value or "").lower(), wanted.lower()
    if operator == "like":
        pattern = "".join(".*" if part == "%" else re.escape(part) for part in re.split("(%)", wanted))
        return re.fullmatch(pattern, text, re.DOTALL) is not None
    return {"contains": wanted in text, "starts_with": text.startswith(wanted), "ends_with": text.endswith(wanted)}[operator]


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any]:
    """Two values made alike: numbers, moments or lower-case text."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return str(value).lower(), str(wanted).lower()
    if isinstance(value, int | float):
        try:
            return Decimal(str(value)), Decimal(str(wanted))
        except InvalidOperation:
            return str(value), str(wanted)
    left, right = str(value), str(wanted)
    if "T" in left and "T" in right:
        try:
            return datetime.fromisoformat(left).timestamp(), datetime.fromisoformat(right).timestamp()
        except ValueError:
            return left.lower(), right.lower()
    return left.lower(), right.lower()


def parse_criteria(text: str) -> Condition:
    """`((Last_Name:equals:Burns)and(First_Name:starts_with:M))` as a condition."""
    try:
        condition, rest = _criteria(text.strip())
    except (IndexError, ValueError):
        raise Trouble("INVALID_QUERY", {"reason": "invalid criteria"}) from None
    if rest.strip():
        raise Trouble("INVALID_QUERY", {"reason": "invalid criteria"})
    return condition


def _criteria(text: str) -> tuple[Condition, str]:
    """One bracket of a criteria text, and what follows it."""
    single = re.match(r"\(([^():]+):(\w+):((?:\\.|[^\\()])*)\)", text)
    if single:
        field, comparator, value = single.groups()
        operator = COMPARATORS[comparator] if comparator in COMPARATORS else _unknown(comparator)
        plain = re.sub(r"\\(.)", r"\1", value)
        listed = operator in {"in", "not in", "between", "not between"}
        return Test(field, operator, plain.split(",") if listed else plain), text[single.end() :]
    if not text.startswith("("):
        raise ValueError(text)
    part, rest = _criteria(text[1:].lstrip())
    parts, words = [part], set()
    while not rest.startswith(")"):
        word = re.match(r"\s*(and|or)\s*", rest, re.IGNORECASE)
        if word is None:
            raise ValueError(rest)
        words.add(word[1].lower())
        part, rest = _criteria(rest[word.end() :])
        parts.append(part)
    return Group(words != {"or"}, tuple(parts)), rest[1:]


def _unknown(comparator: str) -> str:
    raise Trouble("INVALID_QUERY", {"reason": "invalid comparator", "comparator": comparator})
