"""Rows as the bytes of a reply, written once and kept: a page asked for again costs a look-up.

What to add here: what makes writing rows faster, for both CRMs alike.
What belongs elsewhere: which rows a page holds and what is written beside them (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from operator import itemgetter
from threading import Lock

import msgspec

from simulators.records import Ints, Row

NULL = b"null"


class Blocks:
    """Text that was written before, the least used thrown away beyond a given size. Exports use it from threads."""

    def __init__(self, size: int) -> None:
        self.size, self.held = size, 0
        self._blocks: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def rows(self, kind: Hashable, versions: Ints, write: Callable[[int], bytes]) -> bytes:
        """The given versions joined by commas; `kind` says what else the text depends on."""
        return self.keep((kind, versions.tobytes()), lambda: b",".join([write(version) for version in versions.tolist()]))

    def keep(self, key: Hashable, write: Callable[[], bytes]) -> bytes:
        """The text of a key, written only if it is not held."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
                return block
        block = write()
        with self._lock:
            self.held += len(block) - len(self._blocks.get(key, b""))
            self._blocks[key] = block
            while self.held > self.size:
                self.held -= len(self._blocks.popitem(last=False)[1])
        return block


_TEMPLATES: dict[tuple[str, ...], bytes] = {}


def _template(names: tuple[str, ...]) -> bytes:
    """`{"a":%b,"b":%b}`: rows of one module have few shapes, and filling in is one call."""
    if names not in _TEMPLATES:
        _TEMPLATES[names] = (
            b"{" + b",".join([b"%b:%%b" % msgspec.json.encode(name).replace(b"%", b"%%") for name in names]) + b"}"
        )
    return _TEMPLATES[names]


def joined(row: Row) -> bytes:
    """A raw row as a JSON object."""
    return _template(tuple(row)) % tuple(row.values())


def projector(fields: tuple[str, ...]) -> Callable[[Row], bytes]:
    """Writes the given fields of a raw row, absent ones as null."""
    template, pick = _template(fields), itemgetter(*fields, fields[0])

    def write(row: Row) -> bytes:
        try:
            return template % pick(row)[:-1]
        except KeyError:
            return template % tuple([row.get(name, NULL) for name in fields])

    return write
