"""The little language of gates: named figures, comparison, and, or, not, decimal literals.

Add a figure a gate may name to NAMES; nothing else can be said, and nothing said is ever executed as Python.
Where the figures come from is the engine's business; whether a figure is a wise one to pay on is the lint's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

NAMES: Mapping[str, str] = {
    "overdue_ratio": "逾期应收占比",
    "attainment": "目标达成率",
    "collection_rate": "回款率",
    "report_rate": "应交报告提交率",
    "valid_visits": "有效拜访次数",
    "visits": "拜访次数",
    "gross_margin_rate": "毛利率",
    "return_rate": "退货率",
    "satisfaction": "客户满意度",
    "months_employed": "在职月数",
    "signed_ex_tax": "签约额（不含税）",
    "collected_ex_tax": "回款额（不含税）",
}
ALIASES: Mapping[str, str] = {"overdue": "overdue_ratio"}

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}
_WORDS_ZH = {"<=": "不高于", ">=": "不低于", "==": "等于", "!=": "不等于", "<": "低于", ">": "高于"}
_TOKEN = re.compile(r"\s*(?:(?P<number>-?\d*\.?\d+)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign><=|>=|==|!=|<|>|\(|\)))")


class ExpressionFault(ValueError):
    """The text is not a sentence of the language; the message says what was expected."""


class MissingValue(LookupError):
    """A figure the expression names is not known for this payee and month."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands, each a name or a decimal, and the sign between them."""

    left: str | Decimal
    sign: str
    right: str | Decimal


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of what it holds."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or` of two sentences."""

    word: str
    left: Node
    right: Node


Node = Comparison | Not | Both


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed sentence: ask `holds(values)`, print `in_chinese()`."""

    text: str
    root: Node

    def names(self) -> frozenset[str]:
        """Every figure the sentence names."""
        return frozenset(_names(self.root))

    def holds(self, values: Mapping[str, Decimal]) -> bool:
        """True when the sentence is true of these figures; MissingValue when one that decides is unknown."""
        return _holds(self.root, values)

    def in_chinese(self) -> str:
        """The sentence as the printed plan says it."""
        return _chinese(self.root)


def parse_expression(text: str) -> Expression:
    """The sentence in `text`, or an ExpressionFault that says where it stops making sense."""
    tokens = _tokens(text)
    root, rest = _any_of(tokens)
    if rest:
        raise ExpressionFault(f"unexpected {rest[0]!r} in {text!r}")
    return Expression(text=text, root=root)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionFault(
                f"cannot read {text[at:].strip()[:20]!r}; only names, decimals, comparisons, and, or, not, brackets"
            )
        tokens.append(match.group().strip())
        at = match.end()
    return tokens


def _any_of(tokens: list[str]) -> tuple[Node, list[str]]:
    left, rest = _all_of(tokens)
    while rest and rest[0] == "or":
        right, rest = _all_of(rest[1:])
        left = Both("or", left, right)
    return left, rest


def _all_of(tokens: list[str]) -> tuple[Node, list[str]]:
    left, rest = _one(tokens)
    while rest and rest[0] == "and":
        right, rest = _one(rest[1:])
        left = Both("and", left, right)
    return left, rest


def _one(tokens: list[str]) -> tuple[Node, list[str]]:
    if tokens and tokens[0] == "not":
        inner, rest = _one(tokens[1:])
        return Not(inner), rest
    if tokens and tokens[0] == "(":
        inner, rest = _any_of(tokens[1:])
        if not rest or rest[0] != ")":
            raise ExpressionFault("a bracket is not closed")
        return inner, rest[1:]
    if len(tokens) < 3 or tokens[1] not in _COMPARE:
        raise ExpressionFault(f"expected a comparison such as overdue_ratio > 0.20, found {' '.join(tokens[:3])!r}")
    return Comparison(_operand(tokens[0]), tokens[1], _operand(tokens[2])), tokens[3:]


def _operand(token: str) -> str | Decimal:
    if token[0] in "-.0123456789":
        return Decimal(token)
    name = ALIASES.get(token, token)
    if name not in NAMES:
        raise ExpressionFault(f"unknown name {token!r}; known: {', '.join(sorted(NAMES))}")
    return name


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Comparison):
        yield from (side for side in (node.left, node.right) if isinstance(side, str))
    elif isinstance(node, Not):
        yield from _names(node.inner)
    else:
        yield from _names(node.left)
        yield from _names(node.right)


def _holds(node: Node, values: Mapping[str, Decimal]) -> bool:
    if isinstance(node, Comparison):
        return _COMPARE[node.sign](_value(node.left, values), _value(node.right, values))
    if isinstance(node, Not):
        return not _holds(node.inner, values)
    if node.word == "and":
        return _holds(node.left, values) and _holds(node.right, values)
    return _holds(node.left, values) or _holds(node.right, values)


def _value(side: str | Decimal, values: Mapping[str, Decimal]) -> Decimal:
    if isinstance(side, Decimal):
        return side
    if side not in values:
        raise MissingValue(side)
    return values[side]


def _chinese(node: Node) -> str:
    if isinstance(node, Comparison):
        return f"{_side_zh(node.left)}{_WORDS_ZH[node.sign]}{_side_zh(node.right)}"
    if isinstance(node, Not):
        return f"并非（{_chinese(node.inner)}）"
    return f"{_bracketed(node.left)}{'且' if node.word == 'and' else '或'}{_bracketed(node.right)}"


def _bracketed(node: Node) -> str:
    return f"({_chinese(node)})" if isinstance(node, Both) else _chinese(node)


def _side_zh(side: str | Decimal) -> str:
    return NAMES[side] if isinstance(side, str) else f"{side.normalize():f}"
