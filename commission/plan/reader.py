"""YAML text as plain values, with the line of every key, and decimals that never were floats.

Add a scalar form here when a plan needs one; looping anchors, doubled keys and numbers that are not plain decimals are refused.
What the keys mean is `schema`; nothing here knows a rule.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLStreamError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
Value = None | bool | int | Decimal | date | str | tuple["Value", ...] | dict[str, "Value"]

_DECIMAL = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_DEEPEST = 30
_WIDE = dict(zip("：，［］｛｝【】＃－“”‘’", ":,[]{}[]#-\"\"''", strict=True))


@dataclass(frozen=True, slots=True)
class Fault:
    """One place the text cannot be read."""

    line: int
    message: str
    cure: str


class Unreadable(ValueError):
    """The text is not a document of plain values; `faults` says where, `document` holds what could be read all the same."""

    def __init__(self, faults: list[Fault], document: Document | None = None) -> None:
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
        self.faults = faults
        self.document = document


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file, and the line on which each stands."""

    value: dict[str, Value]
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest key around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> Document:
    """The document in `text`, or Unreadable with every fault and its line."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable([Fault(line, f"not YAML: {error.problem or error.context}", _cure(text, line))]) from error
    except YAMLStreamError as error:
        raise Unreadable(
            [Fault(1, f"not text a YAML file may hold: {error}", "save the file as UTF-8 without control characters")]
        ) from error
    if not isinstance(root, MappingNode):
        raise Unreadable([Fault(1, "the file holds no keys", "start with `plan: <id>` and follow the shape of company/plans")])
    walk = _Walk()
    value = walk.mapping(root, ())
    if walk.faults:
        raise Unreadable(walk.faults, Document(value, walk.lines))
    return Document(value, walk.lines)


def _cure(text: str, line: int) -> str:
    """What a line that is no YAML probably needs: often the fault stands on the line before the one that shows it."""
    near = "".join(text.splitlines()[max(0, line - 2) : line])
    if wide := sorted({sign for sign in near if sign in _WIDE}):
        return f"write {' '.join(wide)} as {' '.join(_WIDE[sign] for sign in wide)}: YAML knows half-width punctuation only"
    return "indent with spaces, not tabs" if "\t" in near else "check indentation, brackets and quotes on this line"


class _Walk:
    """Turns nodes to values, noting the line of each path and every fault on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.faults: list[Fault] = []

    def value(self, node: Node, path: Path) -> Value:
        """The value of `node` standing at `path`."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > _DEEPEST:
            self._fault(node, "nested too deep, or an anchor that holds itself", "write the part out without anchors")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if isinstance(node, SequenceNode):
            return tuple(self.value(child, (*path, number)) for number, child in enumerate(node.value))
        return self.mapping(node, path)

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Value]:
        """The keys and values of `node`, each key once."""
        found: dict[str, Value] = {}
        for key_node, child in node.value:
            key = key_node.value
            if not isinstance(key_node, ScalarNode) or not isinstance(key, Hashable):
                self._fault(key_node, "a key must be a word", "write the key as plain text")
                continue
            if key in found:
                self._fault(key_node, f"key {key!r} stands twice", "keep one of the two")
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = self.value(child, (*path, key))
        return found

    def _scalar(self, node: ScalarNode) -> Value:
        kind = str(node.tag).rsplit(":", 1)[-1]
        text: str = node.value
        if kind in ("int", "float"):
            return self._number(node, kind)
        if kind == "timestamp":
            try:
                return date.fromisoformat(text)
            except ValueError:
                self._fault(node, f"{text!r} is not a date", "write dates as 2026-01-31")
                return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "null":
            return None
        return text

    def _number(self, node: ScalarNode, kind: str) -> Value:
        text = node.value.replace("_", "")
        if not _DECIMAL.fullmatch(text):
            self._fault(node, f"{node.value!r} is not a plain decimal number", "write digits with a dot, such as 0.015 or 500000")
            return None
        return int(text) if kind == "int" else Decimal(text)

    def _fault(self, node: Node, message: str, cure: str) -> None:
        self.faults.append(Fault(node.start_mark.line + 1, message, cure))
