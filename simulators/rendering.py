"""Rows as the bytes of a reply, written once and kept: a page asked for again costs a look-up.

What to add here: what makes writing rows faster, for both CRMs alike.
What belongs elsewhere: which rows a page holds and what is written beside them (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from simulators.records import Ints, Row

NULL = b"null"


class Blocks:
    """The rows of pages as JSON text, the least used thrown away beyond a given size."""

    def __init__(self, size: int) -> None:
        self.size, self.held = size, 0
        self._blocks: OrderedDict[tuple[Hashable, bytes], bytes] = OrderedDict()

    def get(self, kind: Hashable, versions: Ints, write: Callable[[int], bytes]) -> bytes:
        """The given versions joined by commas; `kind` says what else the text depends on."""
        key = (kind, versions.tobytes())
        block = self._blocks.get(key)
        if block is None:
            block = b",".join([write(version) for version in versions.tolist()])
            self._blocks[key] = block
            self.held += len(block)
            while self.held > self.size:
                self.held -= len(self._blocks.popitem(last=False)[1])
        else:
            self._blocks.move_to_end(key)
        return block


def joined(row: Row) -> bytes:
    """A raw row as a JSON object."""
    return b"{" + b",".join([b'"%b":%b' % (name.encode(), value) for name, value in row.items()]) + b"}"


def projector(fields: tuple[str, ...]) -> Callable[[Row], bytes]:
    """Writes the given fields of a raw row, absent ones as null."""
    if not fields:
        return lambda _row: b"{}"
    opened = [(name, b'%b"%b":' % (b"{" if place == 0 else b",", name.encode())) for place, name in enumerate(fields)]

    def write(row: Row) -> bytes:
        get, parts = row.get, []
        for name, label in opened:
            parts.append(label)
            parts.append(get(name, NULL))
        parts.append(b"}")
        return b"".join(parts)

    return write
