"""What an answer holds, as what it has to be: an answer outside of its contract is a named fault, and never a crash.

What to add here: a shape that every part of some answer must have.
What belongs elsewhere: what an answer means (the dialects), whether its rows are those asked for (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from connectors.faults import ContractBroken
from connectors.values import decoder

T = TypeVar("T")

# Escapes of JSON: a whole pair of surrogates, half of one (its name is `half`), or any other.
ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL)


def legible(body: bytes) -> bytes:
    """JSON with a sign in place of each letter that is none: CRMs that cut texts leave halves of emoji."""
    return ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body.decode("utf-8", "replace").encode())


def part_of(said: Mapping[str, msgspec.Raw], key: str, kind: type[T], about: str) -> T:
    """What an answer holds under a key, numbers with a point as decimals; an empty one if nothing is there."""
    try:
        value = _decoded(said[key]) if key in said else None
    except (ValueError, ArithmeticError, RecursionError) as fault:
        came = f"{key} that cannot be read ({type(fault).__name__})"
    else:
        if value is None:
            return kind()
        if isinstance(value, kind):
            return value
        came = f"a {type(value).__name__} as {key}"
    raise _broken(about, key, came)


def records_of(said: Mapping[str, msgspec.Raw], key: str, about: str, *needed: str) -> list[dict[str, Any]]:
    """The records that an answer holds under a key, each with a text or a whole number under the needed names."""
    return as_records(part_of(said, key, list, about), key, about, *needed)


def as_records(rows: list[Any], key: str, about: str, *needed: str) -> list[dict[str, Any]]:
    """The rows, if they are records with a text or a whole number under each of the needed names."""
    if not set(map(type, rows)) <= {dict}:
        came = f"{key} that are no records"
    elif lacking := [name for name in needed if not all(type(row.get(name)) is int or _is_text(row.get(name)) for row in rows)]:
        came = f"a row without {lacking[0]}"
    else:
        return rows
    raise _broken(about, key, came)


def _decoded(raw: msgspec.Raw) -> Any:
    """What the JSON says, whole letters or not."""
    try:
        return decoder.decode(raw)
    except ValueError:
        return decoder.decode(legible(bytes(raw)))


def _is_text(value: object) -> bool:
    """Whether it is one that says something."""
    return type(value) is str and value != ""


def _broken(about: str, key: str, came: str) -> ContractBroken:
    return ContractBroken(about, asked=f"for {key}", came=came, cure="nothing of this pull is kept; report it with this line")
